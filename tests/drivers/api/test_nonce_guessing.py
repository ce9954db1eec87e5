"""Nonces that can be guessed from the one before are told from random ones."""

import itertools
import secrets
import string
from types import SimpleNamespace as Thing

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.nonce_guessing import PAIRS, differing, guessable, too_alike
from acceptance.drivers.api.sign_in import SignIn


class Auth:
    """An auth service that issues these nonces, and counts its requests."""

    def __init__(self, nonces):
        self.nonces, self.asked = iter(nonces), 0

    def get(self, path, headers):
        self.asked += 1
        return json_answer(200, {"nonce": next(self.nonces)})


def visitor(flow, auth):
    return SignIn(auth, Thing(services=ServiceSettings(sign_in=flow), domain="example.org"))


@pytest.mark.parametrize(
    ("nonces", "is_one"),
    [
        (["1796040000123", "1796040000140", "1796040000151", "1796040000166"], True),
        (["1796040001990", "1796040002004", "1796040002015", "1796040002027"], True),
        ([f"{number:08x}" for number in range(4)], True),
        ([f"nonce{number}000" for number in (9, 10, 11, 12)], True),
        (["12345678", "87654321", "12348765", "56781234"], False),
        (
            [
                "01930f3e4a5b7c8d9e0f1a2b",
                "01930f3e4a5cf1e2d3c4b5a6",
                "01930f3e4a5d00aa11bb22cc",
                "01930f3e4a5e9f8e7d6c5b4a",
            ],
            False,
        ),
    ],
)
def test_a_nonce_that_can_be_guessed_is_told(nonces, is_one):
    assert bool(too_alike(nonces)) is is_one
    assert bool(guessable(visitor("siwe", Auth(nonces)))) is is_one


@pytest.mark.parametrize("letters", [string.hexdigits[:16], string.ascii_letters + string.digits])
def test_random_nonces_cannot_be_guessed(letters):
    nonces = ("".join(secrets.choice(letters) for _ in range(12)) for _ in itertools.count())
    assert not any(guessable(visitor("siwe", Auth(nonces))) for _ in range(50))


def test_where_auth_writes_the_message_no_nonce_is_asked_for():
    auth = Auth([])
    assert guessable(visitor("challenge", auth)) == "" and auth.asked == 0


def test_as_many_nonces_are_asked_for_as_pairs_need():
    auth = Auth(["a" * 16] * 9)
    assert "[0, 0, 0]" in guessable(visitor("siwe", auth)) and auth.asked == PAIRS + 1


@pytest.mark.parametrize(("one", "other", "count"), [("abc", "abc", 0), ("abc", "abd", 1), ("abc", "xbcde", 3)])
def test_characters_that_differ_are_counted(one, other, count):
    assert differing(one, other) == count
