"""Sign-ins of the Examples in several forms, or with a message that `SignIn` does not write. Source: 8.7."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

import requests

from acceptance.drivers.api import leading_zeros
from acceptance.drivers.api.misleading_statements import (
    EXPIRED,
    OTHER_DOMAINS,
    chain_in_statement,
    expired,
    for_other_domains,
    nonce_in_statement,
)
from acceptance.drivers.api.nonce_replays import Signed
from acceptance.drivers.api.sign_in import SignIn, Siwe, got_token
from acceptance.drivers.api.sign_in_headers import BY_OTHER_PAGES, of_page_of
from acceptance.drivers.api.token_validation import REFUSALS
from acceptance.drivers.api.wallet import PAGE, Wallet
from acceptance.drivers.services.service import in_words

MICROSECONDS = "a good message with microseconds, signed in capitals"
IMPOSSIBLE = "signatures that no wallet can make"
DEVELOPERS = "a message for a developer's machine"
OTHER_HOSTS = "a message for another host or port of its site"
OTHER_CHAINS = "a message for another chain"
USED = "a nonce that it used before"
AFTER_FORGERIES = "a good message, after five that others signed in its name"
ZEROS = "a good message, where address and signature begin with zeros"
"""The Examples' names for them."""
SIGNATURES = {
    "zeros": "00" * 64,
    "ones": "11" * 64,
    "numbers above the curve's order": "ff" * 64,
    "zero as its first number": "00" * 32 + "11" * 32,
    "zero as its second number": "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" + "00" * 32,
}
"""The numbers r and s of signatures without a key, in hexadecimal digits, by what they are.

From most of them no public key can be recovered: a library raises an error there, which a service may take for nothing.
The last one begins with a point of the curve (its generator's x), so that only the zero is wrong.
"""
RECOVERY = "1b"
"""The last byte of a signature, as wallets write it."""
LENGTHS = {
    "none at all": "",
    "the 64 bytes of the short form (EIP-2098)": "11" * 64,
    "two of them, as a wallet of two owners sends": ("11" * 64 + RECOVERY) * 2,
    "one that a contract is to check (ERC-6492)": "11" * 130 + "6492" * 16,
}
"""Signatures of other lengths, in hexadecimal digits: those of contracts' wallets, which only a node can check.

None is of a wallet that signs in here, so that whoever takes them unchecked lets anybody in under any address.
"""
MACHINES = ("localhost", "localhost:3000", "127.0.0.1:3000")
"""The domains of a site that a developer runs: what signs anybody in from there has no place in production."""

ENVIRONMENTS = ("staging", "dev", "test", "preview")
"""Hosts of the site's domain that other environments have: their wallets' messages are not for production."""
TEST_CHAINS = (11155111, 17000, 31337, 1337)
"""Chains without value: Sepolia, Holesky, and those of a developer's machine (Hardhat, Ganache)."""
OTHER_PORT = 8443
"""A port of the site's host that is not the site's, as the domain of a message names it (EIP-4361, domain)."""
FORGERIES = 5
"""Refused sign-ins in a wallet's name: anybody can send them, so that they must not keep the wallet out."""


def signed(visitor: SignIn, kind: str) -> Signed:
    """A message of a kind that the Examples name, and its signature: the last one of a kind that has several forms.

    The others are sent. Raises AssertionError if one of those is not refused.
    """
    *others, last = FORMS[kind](visitor) if kind in FORMS else [visitor.message(kind)]
    answers = {f"number {number}": visitor.send(*other) for number, other in enumerate(others, 1)}
    if answer := sent_by_page(visitor, kind):
        answers["sent by a page of that domain"] = answer
    for which, answer in answers.items():
        is_refused = answer.status_code in REFUSALS and not got_token(answer, visitor.paths.token_field)
        assert is_refused, f"expected a refusal of {kind} ({which}), saw {in_words(answer)}"
    return last


def sent_by_page(visitor: SignIn, kind: str) -> requests.Response | None:
    """The answer to another message of a kind, sent by a page of its own domain; None where no other page asks for it.

    Where auth writes the message, it names no domain but the site's.
    """
    if kind not in BY_OTHER_PAGES or not isinstance(visitor.flow, Siwe):
        return None
    message = visitor.message(kind)
    return visitor.send(*message, **of_page_of(message[0]))


def in_capitals(signature: str) -> str:
    """A signature with its hexadecimal digits in capitals, as some wallets write them; the same number."""
    return "0x" + signature.removeprefix("0x").upper()


def in_microseconds(visitor: SignIn) -> list[Signed]:
    """A good message whose times have six digits after the second, as Python and Go write them (RFC 3339, 5.6).

    Its signature is in capitals. Where auth writes the message, it is as auth wrote it.
    """
    text, signature = visitor.message("a good message")
    if isinstance(visitor.flow, Siwe):
        text = re.sub(r"(?<=\.\d{3})Z$", "456Z", text, flags=re.MULTILINE)
        signature = visitor.wallet.sign(text)
    return [(text, in_capitals(signature))]


def impossible(visitor: SignIn) -> list[Signed]:
    """Good messages, each with a nonce or challenge of its own, and signatures that come from no key of its wallet."""
    whole = [f"{numbers}{RECOVERY}" for numbers in SIGNATURES.values()]
    made = [(visitor.message("a good message")[0], f"0x{signature}") for signature in (*LENGTHS.values(), *whole)]
    # Each has cost a nonce: what is sent now would be over the limit of the same client.
    visitor.as_new_client()
    return made


def of_developers(visitor: SignIn) -> list[Signed]:
    """Messages for the domains of MACHINES; where auth writes the message, one that auth did not write."""
    if not isinstance(visitor.flow, Siwe):
        return [visitor.message(DEVELOPERS)]
    texts = [visitor.flow.made(domain=domain) for domain in MACHINES]
    return [(text, visitor.wallet.sign(text)) for text in texts]


def of_other_hosts(visitor: SignIn) -> list[Signed]:
    """Messages for a host of the site's domain that nobody has, those of ENVIRONMENTS, and another port of the site's.

    Where auth writes the message, one that auth did not write (`of_other_chains`, too).
    """
    if not isinstance(visitor.flow, Siwe):
        return [visitor.message(OTHER_HOSTS)]
    names = (*ENVIRONMENTS, f"scenario-{secrets.token_hex(4)}")
    hosts = [f"{name}.{visitor.domain.removeprefix('www.')}" for name in names]
    texts = [visitor.flow.made(domain=domain) for domain in (*hosts, f"{visitor.domain}:{OTHER_PORT}")]
    return [(text, visitor.wallet.sign(text)) for text in texts]


def of_other_chains(visitor: SignIn) -> list[Signed]:
    """Messages for another chain, for TEST_CHAINS, and for nobody's, whose number begins like the site's (1)."""
    other = visitor.message(OTHER_CHAINS)
    if not isinstance(visitor.flow, Siwe):
        return [other]
    texts = [visitor.flow.made(chain=chain) for chain in (*TEST_CHAINS, int(f"1{secrets.randbelow(10**8):08}"))]
    return [*chain_in_statement(visitor), other, *((text, visitor.wallet.sign(text)) for text in texts)]


def with_used_nonce(visitor: SignIn) -> list[Signed]:
    """Messages with a nonce that was used for a sign-in: another wallet's, another text of its own, and the same one.

    Where auth writes the message, the same one alone. Raises AssertionError if that sign-in was refused.
    """
    same = visitor.message(USED)
    if not isinstance(visitor.flow, Siwe):
        return [same]
    nonce = same[0].partition("\nNonce: ")[2].split("\n")[0]
    wallets = (Wallet(), visitor.wallet)
    texts = [(wallet, wallet.message(visitor.domain, nonce, page=PAGE)) for wallet in wallets]
    others = [(text, wallet.sign(text)) for wallet, text in texts]
    return [*nonce_in_statement(visitor, nonce), *others, same]


def with_zeros(visitor: SignIn) -> list[Signed]:
    """A good message of a wallet whose address begins with a byte of zeros, with a signature that does, too.

    Where the wallet writes the message, the second number of the signature does as well.
    """
    visitor.wallet = leading_zeros.wallet()
    text = visitor.message("a good message")[0]
    if isinstance(visitor.flow, Siwe):
        text = leading_zeros.with_short_second_number(visitor.wallet, text)
    return [(text, leading_zeros.signature(visitor.wallet, text))]


def after_forgeries(visitor: SignIn) -> list[Signed]:
    """FORGERIES good messages that other wallets signed, each with a nonce or challenge of its own, and a good one.

    Where auth issues nonces, the good one's is the oldest of its client: a second tab does not end the first.
    Where it writes the message, only the last one for an address may be meant.
    """
    is_first = isinstance(visitor.flow, Siwe)
    before = [visitor.message("a good message")] * is_first
    forgeries = [visitor.message("a message that another wallet signed") for _ in range(FORGERIES)]
    return [*forgeries, *(before or [visitor.message("a good message")])]


FORMS: dict[str, Callable[[SignIn], list[Signed]]] = {
    MICROSECONDS: in_microseconds,
    IMPOSSIBLE: impossible,
    DEVELOPERS: of_developers,
    OTHER_HOSTS: of_other_hosts,
    OTHER_CHAINS: of_other_chains,
    USED: with_used_nonce,
    AFTER_FORGERIES: after_forgeries,
    OTHER_DOMAINS: for_other_domains,
    EXPIRED: expired,
    ZEROS: with_zeros,
}
