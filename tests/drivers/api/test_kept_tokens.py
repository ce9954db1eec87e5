"""Tokens in any field of an answer are shown nowhere."""

import pytest
import requests

from acceptance.base.secrecy import redact
from acceptance.drivers.api.kept_tokens import keep_tokens

ADDRESS = "0x939A91c04F"


def answer(text):
    made = requests.Response()
    made.status_code, made._content = 201, text.encode()
    return made


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('{"key": "kept-key-Av4sQe", "address": "0x939A91c04F"}', "kept-key-Av4sQe"),
        ('{"data": {"key": "kept-key-Bv4sQe"}}', "kept-key-Bv4sQe"),
        ('{"data": [{"refreshToken": "kept-key-Cv4sQe"}]}', "kept-key-Cv4sQe"),
        ('{"tokens": ["kept-key-Dv4sQe"]}', "kept-key-Dv4sQe"),
        ('["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJrZXB0In0.c2lnbmVk"]', "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJrZXB0In0.c2lnbmVk"),
        ("no JSON", None),
    ],
)
def test_a_token_is_redacted_wherever_it_is(text, secret):
    keep_tokens(answer(text), "key")
    assert secret is None or redact(f"saw {secret} of {ADDRESS}") == f"saw [redacted] of {ADDRESS}"
