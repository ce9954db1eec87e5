"""Nonces that are used more than once: sequentially and concurrently. Source: 8.7."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.services.same_moment import at_the_same_moment
from acceptance.drivers.services.service import KEEP, Api, in_words

Signed = tuple[str, str]
"""A message and its signature."""
AT_ONCE, TRIES = 8, 6
"""Concurrent sign-ins per nonce, and nonces tried: with one nonce, two sign-ins might not be close enough in time."""
FEWER = 4, 3
"""The same where auth's rate limit counts all requests from this machine as one client's."""


class Visitor(Protocol):
    """The part of `SignIn` that is needed here."""

    api: Api
    paths: ServiceSettings

    def as_new_client(self) -> None: ...

    def send(self, message: str, signature: str, **headers: str) -> requests.Response: ...


def used(visitor: Visitor, message: str, signature: str) -> Signed:
    """A message and signature that were accepted once. Raises AssertionError if they were refused."""
    first = visitor.send(message, signature)
    assert first.ok, f"expected a nonce to be accepted once, but its first use was refused: {in_words(first)}"
    return message, signature


def at_once(visitor: Visitor, signed: Signed, count: int) -> list[requests.Response]:
    """The answers to `count` sign-ins with one message, started simultaneously over open connections."""
    path = visitor.paths.auth_health_path
    sent = at_the_same_moment(
        range(count),
        lambda _: visitor.api.get(path, headers=KEEP),
        lambda _: visitor.send(*signed, **KEEP),
        patience=30,
    )
    return [answer for _, answer in sent]


def used_at_once(visitor: Visitor, new: Callable[[], Signed]) -> Signed:
    """A message that was accepted once although it was sent several times simultaneously.

    Raises AssertionError if a message was accepted more than once: auth checks the nonce before it removes it.
    """
    let_in, (count, tries) = 0, (AT_ONCE, TRIES) if visitor.paths.client_header else FEWER
    for _ in range(tries):
        # Each try stays within the rate limit.
        visitor.as_new_client()
        signed = new()
        answers = at_once(visitor, signed, count)
        good = sum(answer.ok for answer in answers)
        assert good <= 1, (
            f"expected one sign-in at most, but one nonce was accepted in {good} of {count} concurrent sign-ins"
        )
        let_in += good
    assert let_in, (
        f"expected one of {count} concurrent sign-ins to succeed, but none was accepted: {in_words(answers[0])}"
    )
    return signed
