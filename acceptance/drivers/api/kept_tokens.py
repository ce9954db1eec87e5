"""Tokens in the answers of auth: registered as secrets, so that no message or evidence shows them. Source: 8.7."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import requests

from acceptance.base.secrecy import register_secret
from acceptance.drivers.api.wallet import JWT


def keep_tokens(answer: requests.Response, field: str = "") -> None:
    """Redact the tokens in an answer from messages and evidence, also if it should have been a refusal.

    A token is what `field` has, or any field with "token" in its name, or a JWT in any field; at any depth.
    """
    with contextlib.suppress(requests.JSONDecodeError):
        for key, value in texts_in(answer.json()):
            if key == field or "token" in key.lower() or JWT.match(value):
                register_secret(value)


def texts_in(body: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with the name of its field; a text in a list has the list's."""
    if isinstance(body, str):
        yield key, body
    elif isinstance(body, dict):
        for name, value in body.items():
            yield from texts_in(value, name)
    elif isinstance(body, list):
        for value in body:
            yield from texts_in(value, key)
