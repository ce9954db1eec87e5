"""A JWT that expires after it was accepted, whatever clock skew auth allows; no wait is longer than necessary."""

import json
import time

import jwt
import pytest
import requests

from acceptance.base.paths import ROOT
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import expiring_tokens

SECRET = "s" * 32
GOOD = jwt.encode({"sub": "0x1", "jti": "its own", "exp": int(time.time()) + 600}, SECRET, "HS256")


class Auth:
    """Auth that allows a clock skew of `skew` seconds, and may cache what it accepted."""

    def __init__(self, skew, *, remembers=False):
        self.skew, self.remembers, self.accepted, self.asked = skew, remembers, set(), []

    def post(self, path, token):
        self.asked.append(token)
        made = requests.Response()
        made.status_code = 200 if self.accepts(token) else 401
        made._content = json.dumps({"valid": made.status_code == 200}).encode()
        return made

    def accepts(self, token):
        if token not in self.accepted:
            try:
                jwt.decode(token, SECRET, algorithms=["HS256"], leeway=self.skew)
            except jwt.ExpiredSignatureError:
                return False
            if self.remembers:
                self.accepted.add(token)
        return True


def meanwhile(auth):
    return expiring_tokens.expired_meanwhile({"auth": auth}, ServiceSettings(), GOOD, SECRET)


@pytest.mark.parametrize("skew", [0, 5, 60])
def test_an_accepted_token_expires_within_seconds(skew):
    auth, began = Auth(skew), time.monotonic()
    token = meanwhile(auth)
    assert time.monotonic() - began < 5
    assert auth.asked.count(token) == 1 and not auth.accepts(token)


def test_an_auth_that_remembers_is_not_waited_for():
    auth = Auth(5, remembers=True)
    assert auth.accepts(meanwhile(auth))


def test_an_auth_that_accepts_nothing_is_no_proof():
    auth = Auth(-60)
    with pytest.raises(AssertionError, match="expires in seconds"):
        meanwhile(auth)


class Early(Auth):
    """Auth that allows a clock skew, and may keep its refusals of JWTs that are not valid yet."""

    def accepts(self, token):
        if token in self.accepted:
            return False
        try:
            jwt.decode(token, SECRET, algorithms=["HS256"], leeway=self.skew)
        except jwt.ImmatureSignatureError:
            if self.remembers:
                self.accepted.add(token)
            return False
        return True


@pytest.mark.parametrize(("skew", "remembers", "is_good"), [(0, False, True), (60, False, True), (0, True, False)])
def test_a_token_that_was_seen_before_its_time_is_good_once_that_has_come(monkeypatch, skew, remembers, is_good):
    monkeypatch.setattr(expiring_tokens, "AHEAD", 1)
    monkeypatch.setattr(expiring_tokens, "LATER", 0.1)
    auth = Early(skew, remembers=remembers)
    token = expiring_tokens.seen_too_soon({"auth": auth}, ServiceSettings(), GOOD, SECRET)
    assert auth.asked == [token] and auth.accepts(token) is is_good


def test_the_examples_have_these_tokens():
    text = (ROOT / "features/08_authentication_service.feature").read_text()
    assert all(f"| {kind} " in text for kind in expiring_tokens.TIMED)
