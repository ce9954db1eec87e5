"""Personal access tokens that Redis shows, in the name of a key or as its text. Source: 8.8."""

from __future__ import annotations

from collections.abc import Iterator

from acceptance.base.conditions import as_json
from acceptance.drivers.api.nonce_lifetime import keys_with
from acceptance.drivers.services.log_lines import traces
from acceptance.drivers.workloads.pods import PodClient

AT_ONCE = 200
"""Keys whose values are asked for with one command."""
MOST = 4000
"""Keys whose values are looked at; each command takes some time."""


def keys_that_show(redis: PodClient, token: str) -> list[str]:
    """The keys of Redis that have a token's end in their name or their text; the token itself is left out."""
    ends = traces(token)
    keys = keys_with(redis, "")
    named = [key for key in keys if any(end in key for end in ends)]
    kept = [key for key, text in texts(redis, keys[:MOST]) if any(end in text for end in ends)]
    return [hidden(key, ends) for key in dict.fromkeys([*named, *kept])]


def hidden(key: str, ends: tuple[str, str]) -> str:
    """The name of a key, without a token's end in it: what comes before that may be part of the token."""
    found = next((end for end in ends if end in key), "")
    return f"{key[:8]}..." if found else key


def texts(redis: PodClient, keys: list[str]) -> Iterator[tuple[str, str]]:
    """The keys that have a text as their value, with it; none where the services' user may not read several at once.

    Redis returns nothing for keys of other types.
    """
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        try:
            values = as_json(redis("redis", "env:REDIS_URL", "MGET", *some))
        except AssertionError:
            return
        yield from ((key, str(value)) for key, value in zip(some, values, strict=True) if value is not None)
