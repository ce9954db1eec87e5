"""Expired nonces: a signed message must not be valid for longer than auth said. Source: 8.7."""

from __future__ import annotations

import math
import re
import time

from acceptance.base.conditions import as_json
from acceptance.drivers.api.nonce_replays import Signed
from acceptance.drivers.api.rate_counters import keys_like
from acceptance.drivers.api.sign_in import LOGS, SignIn, Siwe
from acceptance.drivers.api.token_times import told
from acceptance.drivers.api.wallet import FEWEST
from acceptance.drivers.workloads.pods import PodClient

LATE = "a nonce whose time is up"
"""The Examples' name for it."""
LONGEST = 600
"""Maximum seconds that a nonce may be valid where auth does not say for how long it is."""
ROUNDED = 10
"""Seconds by which a nonce's key in Redis may expire sooner than auth said: both are rounded, and read later."""
IN_SECONDS = 3600
"""The longest lifetime that is taken for seconds: a larger number is one of milliseconds, or of another kind."""
NEVER = -1
"""What Redis returns for the remaining time of a key that never expires."""

DATE = re.compile(r"\d{4}-\d\d-\d\d")


def late(visitor: SignIn, redis: PodClient) -> Signed:
    """A valid message without an expiry time of its own, whose nonce has expired.

    Where auth writes the message, it is as auth wrote it.
    """
    if not isinstance(visitor.flow, Siwe):
        return late_challenge(visitor, redis)
    issued = visitor.flow.issued()
    nonce = str(issued["nonce"])
    text = visitor.flow.made(nonce=nonce, fields=FEWEST)
    let_pass(redis, keys_with(redis, nonce), issued.get("expiresIn"))
    return text, visitor.wallet.sign(text)


def late_challenge(visitor: SignIn, redis: PodClient) -> Signed:
    """A challenge from auth whose time is up, and its signature.

    Where no key in Redis is named by a nonce in it, auth keeps it elsewhere or not at all, and its time is waited for.
    """
    issued = visitor.flow.issued()
    text = str(issued[visitor.paths.challenge_field])
    keys = [key for nonce in nonces_in(text, visitor.wallet.address) for key in keys_with(redis, nonce)]
    let_pass(redis, keys, issued.get("expiresIn") or seconds_until_end(text))
    return text, visitor.wallet.sign(text)


def nonces_in(text: str, address: str) -> list[str]:
    """The words of a message that may be its nonce: eight characters or more with a digit; no address, no date."""
    named = re.findall(r"\bnonce\W+([\w-]{8,})", text, re.IGNORECASE)
    words = [word for word in re.findall(r"[\w-]{8,}", text) if re.search(r"\d", word) and not DATE.match(word)]
    return [word for word in dict.fromkeys([*named, *words]) if word.lower() != address.lower()]


def seconds_until_end(text: str) -> int | None:
    """The seconds until a message's own expiry time (EIP-4361); None if it does not say it."""
    found = re.search(r"^Expiration Time: (\S+)$", text, re.MULTILINE)
    return max(0, math.ceil(told(found[1]) - time.time())) if found else None


def let_pass(redis: PodClient, keys: list[str], lifetime: object) -> None:
    """Let a nonce expire: after `lifetime` seconds, or after LONGEST where auth did not say.

    Where Redis keeps the nonce, in these keys, their remaining lifetime is reduced by as much, so that no time is spent
    waiting. A nonce that never expires stays, and is accepted afterwards. Raises AssertionError for one that Redis
    forgets sooner than auth said.
    """
    seconds = lifetime if isinstance(lifetime, int) else LONGEST
    if not keys:
        time.sleep(seconds + 1)
    ends = {key: int(as_json(redis("redis", "env:REDIS_URL", "TTL", key))) for key in keys}
    wrong = too_short(list(ends.values()), lifetime)
    assert not wrong, f"expected a nonce that is valid for as long as auth says, but {wrong}. Try: {LOGS}"
    for key, left in ends.items():
        if left != NEVER:
            redis("redis", "env:REDIS_URL", "EXPIRE", key, str(max(1, left - seconds)))
    if keys:
        time.sleep(2)


def too_short(ends: list[int], lifetime: object) -> str:
    """How Redis forgets a nonce sooner than auth said, by the remaining seconds of its keys; empty if it does not.

    Of several keys the last one counts. Where auth says nothing, or keeps the nonce elsewhere, this is not judged.
    """
    if not ends or NEVER in ends or not isinstance(lifetime, int) or lifetime > IN_SECONDS:
        return ""
    return f"it says {lifetime} s, and Redis keeps it {max(ends)} s" if max(ends) < lifetime - ROUNDED else ""


def keys_with(redis: PodClient, text: str) -> list[str]:
    """The keys that have a text in their name."""
    return keys_like(redis, f"*{text}*")
