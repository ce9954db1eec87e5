"""Wallets and signatures that begin with zeros."""

from eth_account import Account
from eth_account.messages import encode_defunct

from acceptance.drivers.api import leading_zeros
from acceptance.drivers.api.wallet import Wallet


def test_the_signature_of_any_wallet_is_a_valid_one_whose_first_number_is_short():
    for number in range(8):
        wallet, text = Wallet(), f"message {number} \N{ROCKET}"
        signature = leading_zeros.signature(wallet, text)
        assert signature.startswith("0x" + "00" * 11) and len(signature) == 132
        assert Account.recover_message(encode_defunct(text=text), signature=signature) == wallet.address


def test_the_second_number_is_one_of_the_lower_half():
    from eth_keys.constants import SECPK1_N

    wallet = Wallet()
    assert all(leading_zeros.numbers(wallet, str(number))[1] <= SECPK1_N // 2 for number in range(50))


def test_a_text_is_found_whose_signature_has_two_short_numbers():
    wallet = leading_zeros.wallet()
    text = leading_zeros.with_short_second_number(wallet, "message")
    assert text.startswith("message\nRequest ID: ") and leading_zeros.signature(wallet, text)[66:68] == "00"
    assert wallet.address.startswith("0x00")
