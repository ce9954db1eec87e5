"""Auth's answers about a token, in every form that a correct service may use."""

import json
import time
from types import SimpleNamespace

import jwt
import pytest
import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.sql import Login
from acceptance.drivers.api import token_validation
from acceptance.drivers.api.sign_in import got_token
from acceptance.drivers.api.token_validation import (
    ends_early,
    in_clear,
    only_of,
    says_valid,
    told,
    too_alike,
    too_short,
    wrong_life,
    wrong_row,
)

ADDRESS = "0xAbCdEf0123456789aBcDeF0123456789abcdef01"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIweDEifQ.c2lnbmF0dXJl"


def answer(status, body):
    made = requests.Response()
    made.status_code, made._content = status, body.encode()
    made.request = requests.Request("POST", "http://auth/").prepare()
    return made


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, {"valid": True}, True),
        (200, {"valid": False}, False),
        (401, {}, False),
        (400, {"error": "jwt malformed"}, False),
        (422, {"error": "jwt malformed"}, False),
        (403, {"error": "no"}, False),
    ],
)
def test_yes_and_no(status, body, says):
    assert says_valid(answer(status, json.dumps(body)), ServiceSettings()) is says


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {}),
        (500, {}),
        (503, {}),
        (400, {"valid": True}),
        (401, {"valid": True}),
        (200, {}),
        (200, {"valid": "yes"}),
    ],
)
def test_what_is_neither_yes_nor_no(status, body):
    with pytest.raises(AssertionError, match="expected yes or no"):
        says_valid(answer(status, json.dumps(body)), ServiceSettings())


@pytest.mark.parametrize(
    "text", ["2026-11-28T20:00:00Z", "2026-11-28T20:00:00", "2026-11-28T21:00:00+01:00", 1795896000, 1795896000000]
)
def test_a_time_is_read_however_it_is_told(text):
    assert told(text) == 1795896000


def test_a_wallet_is_the_same_in_small_letters():
    assert only_of({ADDRESS, ADDRESS.lower()}, ADDRESS)
    assert not only_of({ADDRESS, ADDRESS[:-1] + "2"}, ADDRESS) and not only_of(set(), ADDRESS)


def test_a_refusal_with_a_token_is_none_and_one_in_plain_text_is():
    assert got_token(answer(401, json.dumps({"token": "x"})), "token")
    assert got_token(answer(401, json.dumps({"other": JWT})), "token")
    assert not got_token(answer(401, "Unauthorized"), "token")
    assert not got_token(answer(401, json.dumps(["no"])), "token")


@pytest.mark.parametrize(
    ("expires", "left", "owner", "wrong"),
    [
        (1795896000.4, 60, ADDRESS.lower(), ""),
        # The end of another token of the same wallet.
        (1793896000, 60, ADDRESS, "when its wallet was told"),
        (1795896000, -1, ADDRESS, "expired already"),
        (1795896000, 60, "0xdef", "expected it to be that of"),
    ],
)
def test_a_row_expires_when_its_wallet_was_told(expires, left, owner, wrong):
    found = wrong_row({"expires": expires, "seconds left": left, "owner": owner}, "2026-11-28T20:00:00Z", ADDRESS)
    assert wrong in found and bool(found) is bool(wrong)


@pytest.mark.parametrize(
    ("lives", "told_later", "wrong"),
    [
        (3600, 3600, ""),
        (3600, 3601, ""),
        (3600, None, ""),
        (None, None, "never expires"),
        (3600, 7200, "its wallet was told"),
        (30, 30, "sooner than in 60 s"),
        (-5, None, "sooner than in 60 s"),
    ],
)
def test_a_jwt_expires_when_its_wallet_was_told(lives, told_later, wrong):
    now = int(time.time())
    token = jwt.encode({} if lives is None else {"exp": now + lives}, "s" * 32, "HS256")
    found = wrong_life(token, None if told_later is None else now + told_later)
    assert wrong in found and bool(found) is bool(wrong)


@pytest.mark.parametrize(("later", "wrong"), [(3600, False), (0, False), (-1, False), (-810, True)])
def test_a_personal_token_holds_as_long_as_its_jwt(later, wrong):
    expires = int(time.time()) + 900
    token = jwt.encode({"sub": ADDRESS, "exp": expires}, "x" * 32, "HS256")
    assert bool(ends_early({"expires": expires + later}, token)) is wrong


@pytest.mark.parametrize(
    ("first", "second", "short", "alike"),
    [
        ("af_" + "q7Zr1xWcPm4TgYb8LdNs", "af_" + "M2kVh9EoJuXf6CaRiQw0", False, False),
        ("af_000000000000000000041", "af_000000000000000000042", False, True),
        ("af_x1", "af_y2", True, True),
        ("af_" + "q" * 32, "", True, True),
    ],
)
def test_a_token_that_can_be_guessed_is_found(first, second, short, alike):
    settings = ServiceSettings()
    one, other = ({settings.token_field: token} for token in (first, second))
    assert bool(too_short(other, settings)) is short
    assert bool(too_alike(one, other, settings)) is alike


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("(1,0xAbC,af_{token})", True),
        ("(1,{token})", True),
        ("(1,{end})", True),
        ("(1,\\\\x61665f{hexadecimal})", True),
        ("(1,{hint})", False),
        ("(1,\\\\x5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8)", False),
    ],
)
def test_a_token_in_any_form_is_found_and_its_hash_or_a_hint_is_none(monkeypatch, row, found):
    token = "k7Qz" * 9
    texts = {"token": token, "end": token[-30:], "hint": token[-12:], "hexadecimal": token.encode().hex()}

    class Tables:
        """A database with a table of one row, as PostgreSQL writes it as text."""

        login = admin = Login("platform", "right", "alternatefutures")

        def leader(self):
            return "yb-tserver-0"

        def ask(self, member, statement, *values, login):
            assert '"auth"."tokens"' in statement and statement.count("%s") == len(values)
            return [(int(any(value in row.format(**texts) for value in values)),)]

    monkeypatch.setattr(
        token_validation,
        "relations",
        lambda _: {"alternatefutures": [("auth.tokens", "r", "p"), ("auth.view", "v", "p")]},
    )
    assert in_clear(Tables(), f"af_{token}") == (["auth.tokens"] if found else [])


@pytest.mark.parametrize(("field", "sent"), [("", {"token": "jwt"}), ("token", {"body": {"token": "jwt"}})])
def test_auth_is_handed_a_token_as_the_environment_says(field, sent):
    asked = []
    api = SimpleNamespace(post=lambda path, **how: asked.append((path, how)) or "an answer")
    settings = ServiceSettings(validate_field=field)
    assert token_validation.ask({"HTTPS": api}, settings, "jwt", headers={}) == {"HTTPS": "an answer"}
    assert asked == [(settings.validate_path, {**sent, "headers": {}})]
