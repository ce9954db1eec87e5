"""JWTs that auth accepted and that have expired since, and the reverse: it must not cache what it said. Source: 8.9."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import jwt

from acceptance.base.deadlines import Deadline
from acceptance.base.secrecy import register_secret
from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import eventually
from acceptance.drivers.api.sign_in import LOGS
from acceptance.drivers.api.token_validation import ask, verdicts
from acceptance.drivers.services.service import Api

MEANWHILE = "a JWT that expired once it was accepted"
"""The Examples' name for such a JWT."""
TOO_SOON = "a JWT that auth saw before its time"
"""The Examples' name for the reverse: one that is valid now, and was not when auth was asked about it first."""
AHEAD, LATER = 8, 3
"""Seconds before its time that auth is asked about such a JWT, more than the usual clock skew; and after it."""
AGES = (57, 27, 7, 2, -3)
"""Seconds for which a JWT may have expired when it is asked about first; a negative number lies ahead.

The oldest that auth accepts is three seconds short of the clock skew that it allows (RFC 7519, 4.1.4), where that is
60, 30, 10, 5 or 0 s: enough to ask at each endpoint, and soon over.
"""
SKEW_ENDS = Deadline(35, "the suite: the longest time between two of AGES, and an answer")


def signed(good: str, secret: str, expires: int) -> str:
    """A JWT with the claims of a good one, an identity of its own, and a time (Unix) at which it expires."""
    claims = jwt.decode(good, options={"verify_signature": False})
    own = {"jti": secrets.token_hex(16), "exp": expires}
    return register_secret(jwt.encode(claims | own, secret, "HS256"))


def new_like(good: str, secret: str) -> str:
    """A JWT with the claims of a good one and an identity of its own, which auth has never seen; good for 5 minutes."""
    return signed(good, secret, int(time.time()) + 300)


def is_accepted(doors: dict[str, Api], settings: ServiceSettings, token: str) -> bool:
    """Whether auth accepts a token at each endpoint; all of them are asked."""
    return all(verdicts(ask(doors, settings, token), settings).values())


def oldest(doors: dict[str, Api], settings: ServiceSettings, good: str, secret: str) -> tuple[str, int]:
    """The JWT of the oldest of AGES that auth accepts at each endpoint, and when it expires."""
    for age in AGES:
        expires = int(time.time()) - age
        token = signed(good, secret, expires)
        if is_accepted(doors, settings, token):
            return token, expires
    raise AssertionError(f"expected auth to accept a JWT that expires in seconds, at each endpoint. Try: {LOGS}")


def expired_meanwhile(doors: dict[str, Api], settings: ServiceSettings, good: str, secret: str) -> str:
    """A JWT that auth accepted at each endpoint, once it refuses those that expire at the same time.

    Each of these is new, so auth cannot have cached anything about it: its clock skew need not be known. Raises
    TimedOut.
    """
    token, expires = oldest(doors, settings, good, secret)

    def refused() -> bool:
        seen = verdicts(ask(doors, settings, signed(good, secret, expires)), settings)
        assert not any(seen.values()), f"a new JWT that expires at the same time is still accepted: {seen}"
        return True

    eventually(refused, within=SKEW_ENDS, what="an expired JWT to be refused", hint=LOGS)
    return token


def seen_too_soon(doors: dict[str, Api], settings: ServiceSettings, good: str, secret: str) -> str:
    """A JWT about which auth was asked at each endpoint AHEAD seconds before its time (`nbf`), once that has come.

    What auth said then is not judged: it may allow a clock skew of that length. Raises AssertionError for an answer
    that says neither yes nor no.
    """
    claims, begins = jwt.decode(good, options={"verify_signature": False}), int(time.time()) + AHEAD
    token = register_secret(jwt.encode(claims | {"jti": secrets.token_hex(16), "nbf": begins}, secret, "HS256"))
    verdicts(ask(doors, settings, token), settings)
    time.sleep(max(0.0, begins + LATER - time.time()))
    return token


TIMED: dict[str, Callable[[dict[str, Api], ServiceSettings, str, str], str]] = {
    MEANWHILE: expired_meanwhile,
    TOO_SOON: seen_too_soon,
}
"""The JWTs of the Examples that take time to make, by name."""
