"""Sign-ins in several forms, each of which has to be refused, held against auth services that let one of them in."""

import re
from types import SimpleNamespace as Thing

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import sign_in_variants as variants
from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.api.sign_in_headers import BY_OTHER_PAGES


class Auth:
    """An auth service of either flow that lets in what `believes` says of a message and a signature."""

    def __init__(self, believes=lambda message, signature: False):
        self.believes, self.issued, self.sent = believes, 0, []

    def get(self, path, **_):
        self.issued += 1
        return json_answer(200, {"nonce": f"{self.issued:016}", "message": f"Sign this: {self.issued}"})

    def post(self, path, body=None, **_):
        if "message" not in body:
            return self.get(path)
        self.sent.append((body["message"], body["signature"]))
        return json_answer(201, {"jwt": "yes"}) if self.believes(*self.sent[-1]) else json_answer(401, {})


def visitor(flow, auth):
    return SignIn(auth, Thing(services=ServiceSettings(sign_in=flow), domain="example.org"))


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
def test_signatures_without_a_key_are_tried_each_with_a_nonce_of_its_own(flow):
    auth = Auth()
    last = variants.signed(visitor(flow, auth), variants.IMPOSSIBLE)
    tried = [*auth.sent, last]
    assert len({message for message, _ in tried}) == len({signature for _, signature in tried}) == auth.issued == 9
    whole = [signature for _, signature in tried if re.fullmatch(r"0x[0-9a-f]{128}1b", signature)]
    assert len(whole) == 5 and tried[0][1] == "0x"


@pytest.mark.parametrize("numbers", variants.SIGNATURES.values(), ids=variants.SIGNATURES)
def test_no_wallet_makes_such_a_signature(numbers):
    there = visitor("siwe", Auth())
    message = encode_defunct(text=there.message("a good message")[0])
    try:
        signer = Account.recover_message(message, signature=f"0x{numbers}{variants.RECOVERY}")
    except Exception:
        return
    assert signer != there.wallet.address


def test_some_signatures_make_a_library_raise_an_error():
    def raises(numbers):
        try:
            Account.recover_message(encode_defunct(text="any"), signature=f"0x{numbers}{variants.RECOVERY}")
        except Exception:
            return True
        return False

    assert sum(map(raises, variants.SIGNATURES.values())) >= 3


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
@pytest.mark.parametrize("start", ["0x00", "0x11", "0xff", "0x1111"])
def test_an_auth_that_takes_an_error_for_nothing_is_seen(flow, start):
    auth = Auth(lambda _, signature: signature.startswith(start))
    there = visitor(flow, auth)

    def judge():
        assert there.send(*variants.signed(there, variants.IMPOSSIBLE)).status_code == 401, "expected a refusal"

    with pytest.raises(AssertionError, match="expected a refusal"):
        judge()


@pytest.mark.parametrize("domain", ["localhost:3000", "localhost", "127.0.0.1:3000"])
def test_a_developers_machine_that_may_sign_in_is_seen(domain):
    there = visitor("siwe", Auth(lambda message, _: message.startswith(f"{domain} wants")))
    with pytest.raises(AssertionError, match="expected a refusal"):
        assert there.send(*variants.signed(there, variants.DEVELOPERS)).status_code == 401, "expected a refusal"


def test_a_developers_machine_is_one_message_where_auth_writes_it():
    auth = Auth()
    message, _ = variants.signed(visitor("challenge", auth), variants.DEVELOPERS)
    assert message.startswith("Sign this: 1\n") and not auth.sent


def domain_of(message):
    """The domain that asks for a signature."""
    return message.split()[0]


def chain_of(message):
    """The number of the chain, as it is written; empty where auth writes the message."""
    return message.rpartition("\nChain ID: ")[2].split("\n")[0]


def believing(part, value):
    """What an auth service believes that lets in messages of which a part has this value."""
    return lambda message: part(message) == value


@pytest.mark.parametrize(
    ("kind", "believes"),
    [
        (variants.OTHER_HOSTS, lambda message: domain_of(message).endswith(".example.org")),
        (variants.OTHER_HOSTS, lambda message: domain_of(message).partition(":")[0] == "www.example.org"),
        (variants.OTHER_CHAINS, lambda message: chain_of(message).startswith("1")),
        (variants.OTHER_CHAINS, lambda message: len(chain_of(message)) == 1),
        *((variants.OTHER_CHAINS, believing(chain_of, str(chain))) for chain in variants.TEST_CHAINS),
        *((variants.OTHER_HOSTS, believing(domain_of, f"{name}.example.org")) for name in variants.ENVIRONMENTS),
    ],
)
def test_an_auth_that_compares_a_part_of_a_domain_or_chain_is_seen(kind, believes):
    there = visitor("siwe", Auth(lambda message, _: believes(message)))
    with pytest.raises(AssertionError, match="expected a refusal"):
        assert there.send(*variants.signed(there, kind)).status_code == 401, "expected a refusal"


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
@pytest.mark.parametrize("kind", [variants.OTHER_HOSTS, variants.OTHER_CHAINS])
def test_an_auth_that_compares_all_of_it_refuses_each(flow, kind):
    auth = Auth(lambda message, _: domain_of(message) == "www.example.org" and chain_of(message) == "1")
    there = visitor(flow, auth)
    assert there.send(*variants.signed(there, kind)).status_code == 401
    most = 7 if kind == variants.OTHER_CHAINS else 6
    assert len(auth.sent) == (most if flow == "siwe" else 1)
    assert auth.issued == len(auth.sent), "each with a nonce of its own"


class Once(Auth):
    """An auth service that accepts each signature of its wallet, but only once for what `part` makes of a message."""

    def __init__(self, part):
        super().__init__(self.is_new)
        self.part, self.used = part, set()

    def is_new(self, message, _):
        found, before = self.part(message), len(self.used)
        self.used.add(found)
        return len(self.used) > before


# Not a nonce in the statement, after which a line is empty.
NONCE = re.compile(r"\nNonce: (\S+)\n(?!\n)|Sign this: (\d+)")


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
def test_a_nonce_that_can_be_used_once_is_refused_whoever_uses_it_for_whatever(flow):
    auth = Once(lambda message: NONCE.search(message).group())
    there = visitor(flow, auth)
    assert there.send(*variants.signed(there, variants.USED)).status_code == 401
    assert len({message for message, _ in auth.sent}) == (4 if flow == "siwe" else 1)


@pytest.mark.parametrize("part", [lambda message: (NONCE.search(message).group(), message.split("\n")[1]), str])
def test_a_nonce_that_another_wallet_or_text_may_use_is_seen(part):
    with pytest.raises(AssertionError, match="expected a refusal of a nonce that it used before"):
        variants.signed(visitor("siwe", Once(part)), variants.USED)


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
@pytest.mark.parametrize("most", [5, 6])
def test_a_wallet_that_others_lock_out_is_seen(flow, most):
    class Locking(Auth):
        """An auth service that accepts the signatures of a wallet until `most` wrong ones came."""

        def is_good(self, message, signature):
            signer = Account.recover_message(encode_defunct(text=message), signature=signature)
            return signer == there.wallet.address and len(self.sent) <= most

    auth = Locking()
    auth.believes = auth.is_good
    there = visitor(flow, auth)
    answer = there.send(*variants.signed(there, variants.AFTER_FORGERIES))
    assert answer.status_code == (201 if most > variants.FORGERIES else 401)
    assert len({NONCE.search(message).group() for message, _ in auth.sent}) == variants.FORGERIES + 1


def test_an_auth_that_ends_a_clients_older_nonces_is_seen():
    def believes(text, signature):
        signer = Account.recover_message(encode_defunct(text=text), signature=signature)
        return signer == there.wallet.address and f"Nonce: {auth.issued:016}" in text

    auth = Auth(believes)
    there = visitor("siwe", auth)
    assert there.send(*there.message("a good message")).status_code == 201
    assert there.send(*variants.signed(there, variants.AFTER_FORGERIES)).status_code == 401


def test_times_have_six_digits_in_a_message_that_is_signed_so():
    there = visitor("siwe", Auth())
    message, signature = variants.signed(there, variants.MICROSECONDS)
    assert len(re.findall(r"T\d\d:\d\d:\d\d\.\d{3}456Z$", message, re.MULTILINE)) == 2
    assert Account.recover_message(encode_defunct(text=message), signature=signature) == there.wallet.address
    assert re.fullmatch(r"0x[0-9A-F]{130}", signature) and re.search("[A-F]", signature)
    assert variants.signed(visitor("challenge", Auth()), variants.MICROSECONDS)[0] == "Sign this: 1"


def test_other_kinds_are_the_flows_own():
    assert variants.signed(visitor("siwe", Auth()), "something that is no message")[0] == "Let me in."


@pytest.mark.parametrize("length", [0, 128, 260])
def test_a_signature_of_another_length_that_nobody_checks_is_seen(length):
    there = visitor("siwe", Auth(lambda _, signature: len(signature) == 2 + length))
    with pytest.raises(AssertionError, match="expected a refusal"):
        variants.signed(there, variants.IMPOSSIBLE)


def first_field(name):
    """What a reader finds who takes the first line that begins like a field for it."""
    return lambda message: message.partition(f"\n{name}: ")[2].split("\n")[0]


@pytest.mark.parametrize(
    ("kind", "believes"),
    [
        (variants.OTHER_DOMAINS, lambda message: "www.example.org wants you to sign in" in message),
        (variants.OTHER_CHAINS, lambda message: first_field("Chain ID")(message) == "1"),
        (variants.EXPIRED, lambda message: first_field("Expiration Time")(message).startswith("2099")),
    ],
)
def test_an_auth_that_finds_a_field_in_the_statement_is_seen(kind, believes):
    there = visitor("siwe", Auth(lambda message, _: believes(message)))
    with pytest.raises(AssertionError, match=f"expected a refusal of {kind}"):
        variants.signed(there, kind)


def test_an_auth_that_finds_a_nonce_in_the_statement_is_seen():
    with pytest.raises(AssertionError, match="expected a refusal of a nonce that it used before"):
        variants.signed(visitor("siwe", Once(first_field("Nonce"))), variants.USED)


@pytest.mark.parametrize("kind", [variants.OTHER_DOMAINS, variants.EXPIRED])
def test_an_auth_that_writes_the_message_gets_one_that_it_did_not_write(kind):
    auth = Auth()
    message, _ = variants.signed(visitor("challenge", auth), kind)
    assert kind in message and not auth.sent


class Believing(Auth):
    """An auth that takes the domain to expect from a header."""

    def __init__(self, header):
        super().__init__()
        self.header = header

    def post(self, path, body=None, headers=None, **_):
        named = (headers or {}).get(self.header, "")
        self.believes = lambda message, _: domain_of(message) in named.split("/")
        return super().post(path, body)


@pytest.mark.parametrize("header", ["Origin", "Referer", "X-Forwarded-Host"])
@pytest.mark.parametrize("kind", BY_OTHER_PAGES)
def test_an_auth_that_takes_the_domain_from_the_page_is_seen(kind, header):
    with pytest.raises(AssertionError, match="sent by a page of that domain"):
        variants.signed(visitor("siwe", Believing(header)), kind)


def test_who_signs_in_with_zeros_signs_rightly():
    for flow in ("siwe", "challenge"):
        there = visitor(flow, Auth())
        message, signature = variants.signed(there, variants.ZEROS)
        assert there.wallet.address.startswith("0x00") and signature.startswith("0x00")
        assert Account.recover_message(encode_defunct(text=message), signature=signature) == there.wallet.address
        assert (signature[66:68] == "00") or flow == "challenge"
        assert ("\nRequest ID: " in message) is (flow == "siwe")
