"""What the sign-in steps keep."""

from types import SimpleNamespace

import pytest

from acceptance.base.secrecy import redact
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import sign_in_variants
from steps import tokens
from steps.tokens import keep_tokens


def test_tokens_of_a_sign_in_that_should_have_been_refused_are_shown_nowhere():
    token, jwt = "af_" + "Av4sQeBaDl3Tjr", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"
    for body in ({"personalAccessToken": token, "jwt": jwt, "address": "0x939A91c0"}, ["no", "object"]):
        keep_tokens(SimpleNamespace(json=lambda body=body: body))
    assert redact(f"saw 201: {token} {jwt} of 0x939A91c0") == "saw 201: [redacted] [redacted] of 0x939A91c0"


def test_a_wallet_signs_in_as_often_as_it_is_told_and_its_first_token_is_kept_in_mind():
    did = []
    wallet = SimpleNamespace(
        as_new_client=lambda: did.append("new"), enter=lambda: did.append(wallet.api), got=lambda: {"jwt": 4}
    )
    first = {"jwt": 0, "wallet": wallet}
    assert tokens.signs_in_again(first, "the copy", 2) == {"jwt": 4, "first": first}
    assert did == ["new", "the copy"] * 2


def test_a_sign_in_in_several_forms_is_sent_in_all_of_them():
    sent = []
    wallet = SimpleNamespace(domain="www.example.org", ask_route=lambda: None, flow=None)
    wallet.message = lambda kind: (f"{kind}, made by auth", "0x")
    wallet.send = lambda *signed, **_: sent.append(signed) or SimpleNamespace(status_code=401, text="{}", json=dict)
    wallet.paths, wallet.as_new_client = ServiceSettings(), lambda: None
    tokens.sign_in(wallet, sign_in_variants.IMPOSSIBLE, None, None)
    assert len(sent) == len(sign_in_variants.SIGNATURES) + len(sign_in_variants.LENGTHS)


@pytest.mark.parametrize(("kind", "count"), [("something that is no JWT", 2), ("its JWT without its signature", 1)])
def test_auth_is_asked_about_a_personal_token_that_it_never_issued(monkeypatch, kind, count):
    asked = []
    monkeypatch.setattr(tokens.token_validation, "ask_about_each", lambda *sent: asked.append(sent[-1]) or {})
    good = {"jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIweDEifQ.c2lnbmVk", "personalAccessToken": "af_" + "a" * 43}
    tokens.ask_about(good, "secret", {}, SimpleNamespace(services=ServiceSettings()), None, kind)
    assert len(asked[0]) == count and good["personalAccessToken"] not in asked[0].values()
