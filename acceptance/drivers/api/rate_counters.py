"""A client's counter in Redis: one key that expires, or one for each period, named by its time. Source: 8.10."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from acceptance.base.conditions import as_json

ANY = "*"
"""What stands for the period in a key's name (`rate_limit_key`), as Redis' own patterns have it."""
ROOM = 45
"""Seconds that a period should have left when a client begins to call, where periods begin by the clock."""
NEVER = -1
"""What Redis returns for the expiry of a key that never expires."""
Redis = Callable[..., str]
"""Runs a command of a client of Redis, such as `PodClient`."""


@dataclass(frozen=True)
class End:
    """When a counter expires, according to Redis: in how many seconds, and at which Unix time."""

    left: int
    at: int


def keys_like(redis: Redis, pattern: str) -> list[str]:
    """The keys whose names have a pattern."""
    found, cursor = [], "0"
    while True:
        cursor, keys = as_json(redis("redis", "env:REDIS_URL", "SCAN", cursor, "MATCH", pattern, "COUNT", "1000"))
        found += keys
        if str(cursor) == "0":
            return found


class Counter:
    """The counter of a client whose key is named so, with ANY for the period where there is a key for each."""

    def __init__(self, redis: Redis, name: str):
        self.redis, self.name = redis, name

    def ask(self, word: str, key: str) -> str:
        """What Redis answers to a command about a key."""
        return str(as_json(self.redis("redis", "env:REDIS_URL", word, key)))

    def keys(self) -> list[str]:
        """Its keys, that of the last period at the end; one that need not exist where it has only one."""
        if ANY not in self.name:
            return [self.name]
        return sorted(keys_like(self.redis, self.name), key=lambda key: (int(self.ask("EXPIRETIME", key)), key))

    def value(self) -> int | None:
        """Its value; None if there is none."""
        keys = self.keys()
        value = as_json(self.redis("redis", "env:REDIS_URL", "GET", keys[-1])) if keys else None
        return None if value is None else int(value)

    def end(self) -> End:
        """When it expires; Redis answers -2 for a key that is gone."""
        keys = self.keys()
        return End(*(int(self.ask(word, keys[-1])) for word in ("TTL", "EXPIRETIME"))) if keys else End(-2, -2)

    def clear(self) -> None:
        """Remove it."""
        for key in self.keys():
            self.redis("redis", "env:REDIS_URL", "DEL", key)

    def pause(self) -> int:
        """The seconds to wait for a new period, if the present one is about to end and periods begin by the clock."""
        left = self.end().left if ANY in self.name else ROOM
        return left + 1 if 0 <= left < ROOM else 0
