"""Expired nonces: a signed message must not be valid for longer than auth said. Source: 8.7."""

from __future__ import annotations

import time

from acceptance.base.conditions import as_json
from acceptance.drivers.api.nonce_replays import Signed
from acceptance.drivers.api.sign_in import SignIn, Siwe
from acceptance.drivers.api.wallet import FEWEST
from acceptance.drivers.workloads.pods import PodClient

LATE = "a nonce whose time is up"
"""The Examples' name for it."""
LONGEST = 600
"""Maximum seconds that a nonce may be valid where auth does not say for how long it is."""
NEVER = -1
"""What Redis returns for the remaining time of a key that never expires."""


def late(visitor: SignIn, redis: PodClient) -> Signed:
    """A valid message without an expiry time of its own, whose nonce has expired.

    Where auth writes the message, it is one that auth did not write: the nonce cannot be told from its text.
    """
    if not isinstance(visitor.flow, Siwe):
        return visitor.message(LATE)
    issued = visitor.flow.issued()
    nonce = str(issued["nonce"])
    text = visitor.flow.made(nonce=nonce, fields=FEWEST)
    let_pass(redis, nonce, issued.get("expiresIn"))
    return text, visitor.wallet.sign(text)


def let_pass(redis: PodClient, nonce: str, told: object) -> None:
    """Let a nonce expire: after `told` seconds, or after LONGEST where auth did not say.

    Where Redis keeps the nonce, its remaining lifetime is reduced by as much, so that no time is spent waiting. A
    nonce that never expires stays, and is accepted afterwards.
    """
    seconds = told if isinstance(told, int) else LONGEST
    keys = keys_with(redis, nonce)
    if not keys:
        time.sleep(seconds + 1)
    for key in keys:
        left = int(as_json(redis("redis", "env:REDIS_URL", "TTL", key)))
        if left != NEVER:
            redis("redis", "env:REDIS_URL", "EXPIRE", key, str(max(1, left - seconds)))
    if keys:
        time.sleep(2)


def keys_with(redis: PodClient, text: str) -> list[str]:
    """The keys that have a text in their name."""
    found, cursor = [], "0"
    while True:
        cursor, keys = as_json(redis("redis", "env:REDIS_URL", "SCAN", cursor, "MATCH", f"*{text}*", "COUNT", "1000"))
        found += keys
        if str(cursor) == "0":
            return found
