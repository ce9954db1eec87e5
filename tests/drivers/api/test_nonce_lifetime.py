"""Nonces and challenges whose time is up: in Redis they are aged, elsewhere their time is waited for."""

import datetime
import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import nonce_lifetime
from acceptance.drivers.api.nonce_lifetime import late, nonces_in, too_short
from acceptance.drivers.api.sign_in import SignIn


class Redis:
    """Redis with these keys, each for 300 s."""

    def __init__(self, *keys):
        self.keys, self.aged = keys, {}

    def __call__(self, *command):
        _, _, verb, *rest = command
        if verb == "SCAN":
            return json.dumps(["0", [key for key in self.keys if rest[2].strip("*") in key]])
        if verb == "EXPIRE":
            self.aged[rest[0]] = int(rest[1])
        return "300"


def visitor(text, **told):
    """A wallet that auth gives this challenge, in which ADDRESS stands for the wallet's."""
    environment = Thing(services=ServiceSettings(sign_in="challenge"), domain="example.org")
    there = SignIn(None, environment)
    body = json.dumps({"message": text.replace("ADDRESS", there.wallet.address), **told})
    there.api = Thing(post=lambda *_, **__: Thing(status_code=200, text=body, headers={}))
    return there


@pytest.fixture
def slept(monkeypatch):
    found = []
    monkeypatch.setattr(nonce_lifetime.time, "sleep", found.append)
    return found


@pytest.mark.parametrize(
    ("text", "told", "keys", "aged", "waited"),
    [
        ("ADDRESS\n\nNonce: abcdefghij", {"expiresIn": 290}, ["challenge:abcdefghij", "rate:ADDRESS"], 10, 2),
        ("Sign 550e8400-e29b-41d4 as ADDRESS", {}, ["c/550e8400-e29b-41d4"], 1, 2),
        ("ADDRESS\n\nNonce: abcdefghij", {"expiresIn": 290}, ["rate:ADDRESS"], None, 291),
        ("ADDRESS\n\nNonce: abcdefghij\nExpiration Time: SOON", {}, [], None, 101),
        ("Sign in as ADDRESS", {}, [], None, nonce_lifetime.LONGEST + 1),
    ],
)
def test_the_time_of_a_challenge_passes(slept, text, told, keys, aged, waited):
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=100)
    text = text.replace("SOON", soon.isoformat())
    there = visitor(text, **told)
    redis = Redis(*(key.replace("ADDRESS", there.wallet.address) for key in keys))
    signed, signature = late(there, redis)
    assert signed == text.replace("ADDRESS", there.wallet.address) and signature == there.wallet.sign(signed)
    assert redis.aged == ({keys[0]: aged} if aged else {})
    assert slept == [pytest.approx(waited, abs=60 if "Expiration" in text else 0)]


def test_a_nonce_is_neither_an_address_nor_a_date():
    address = "0x" + "aB" * 20
    assert nonces_in(f"{address.lower()}\nNonce: 12345678\nIssued At: 2026-11-29T12:00:00Z", address) == ["12345678"]


@pytest.mark.parametrize(
    ("ends", "told", "wrong"),
    [
        ([60], 300, "says 300 s, and Redis keeps it 60 s"),
        ([297], 300, ""),
        ([5, 299], 300, ""),
        ([-1], 300, ""),
        ([60], None, ""),
        ([], 300, ""),
        ([300], 300_000, ""),
    ],
)
def test_a_nonce_that_is_forgotten_sooner_than_auth_says(ends, told, wrong):
    found = too_short(ends, told)
    assert wrong in found and bool(found) is bool(wrong)


def test_such_a_nonce_is_not_waited_for(slept):
    with pytest.raises(AssertionError, match="says 400 s, and Redis keeps it 300 s"):
        nonce_lifetime.let_pass(Redis(), ["nonce:abc"], 400)
    assert not slept
