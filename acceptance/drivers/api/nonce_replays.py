"""Nonces that are used more than once: one after another, and at the same moment. Source: 8.7."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.services.service import KEEP, Api, in_words

Signed = tuple[str, str]
"""A message and its signature."""
AT_ONCE, TRIES = 8, 6
"""Sign-ins that are sent at the same moment, and nonces that are used so: two at once may always be too far apart."""
FEWER = 4, 3
"""The same where all that come from here are one client to auth's rate limit."""


class Visitor(Protocol):
    """A wallet at auth's door, as `SignIn` is."""

    api: Api
    paths: ServiceSettings

    def as_new_client(self) -> None: ...

    def send(self, message: str, signature: str, **headers: str) -> requests.Response: ...


def used(visitor: Visitor, message: str, signature: str) -> Signed:
    """A message that was accepted once."""
    first = visitor.send(message, signature)
    assert first.ok, f"the first use was refused: {in_words(first)}"
    return message, signature


def at_once(visitor: Visitor, signed: Signed, count: int) -> list[requests.Response]:
    """The answers to `count` sign-ins with one message, begun at the same moment over connections that are open."""
    together = threading.Barrier(count, timeout=30)

    def send(_: int) -> requests.Response:
        together.wait()
        visitor.api.get(visitor.paths.auth_health_path, headers=KEEP)
        together.wait()
        return visitor.send(*signed, **KEEP)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


def used_at_once(visitor: Visitor, new: Callable[[], Signed]) -> Signed:
    """A message that was accepted once, of several times at the same moment.

    Raises AssertionError if one was accepted more often: its nonce is looked up first, and removed later.
    """
    let_in, (count, tries) = 0, (AT_ONCE, TRIES) if visitor.paths.client_header else FEWER
    for _ in range(tries):
        # Each try is within the rate limit by itself.
        visitor.as_new_client()
        signed = new()
        answers = at_once(visitor, signed, count)
        good = sum(answer.ok for answer in answers)
        assert good <= 1, f"one nonce let in {good} of {count} sign-ins that came at the same moment"
        let_in += good
    assert let_in, f"none of {count} sign-ins at the same moment was let in: {in_words(answers[0])}"
    return signed
