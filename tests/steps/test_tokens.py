"""What the sign-in steps keep."""

from types import SimpleNamespace

from acceptance.base.secrecy import redact
from steps.tokens import keep_tokens


def test_tokens_of_a_sign_in_that_should_have_been_refused_are_shown_nowhere():
    token, jwt = "af_" + "Av4sQeBaDl3Tjr", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"
    for body in ({"personalAccessToken": token, "jwt": jwt, "address": "0x939A91c0"}, ["no", "object"]):
        keep_tokens(SimpleNamespace(json=lambda body=body: body))
    assert redact(f"saw 201: {token} {jwt} of 0x939A91c0") == "saw 201: [redacted] [redacted] of 0x939A91c0"
