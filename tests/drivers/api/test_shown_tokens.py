"""Tokens that Redis shows."""

import json

import pytest

from acceptance.drivers.api.shown_tokens import AT_ONCE, keys_that_show

TOKEN = "af_" + "aZ09_-" * 7


class Redis:
    """Redis with these keys and their texts; None for a key of another type."""

    def __init__(self, may_read=True, **texts):
        self.texts, self.may_read, self.reads = texts, may_read, 0

    def __call__(self, command, url, verb, *rest):
        assert (command, url) == ("redis", "env:REDIS_URL")
        if verb == "SCAN":
            return json.dumps(["0", [*self.texts]])
        self.reads += 1
        assert verb == "MGET" and self.may_read, "NOPERM this user has no permissions to run the 'mget' command"
        return json.dumps([self.texts[key] for key in rest])


@pytest.mark.parametrize(
    ("redis", "found"),
    [
        (Redis(), []),
        (Redis(**{"rate-limit:1": "3", "nonce:abc": "1", "sessions": None}), []),
        (Redis(**{f"session:{TOKEN}": "0x1"}), ["session:..."]),
        (Redis(**{f"session:{TOKEN}": "0x1"}, may_read=False), ["session:..."]),
        (Redis(**{"session:0x1": json.dumps({"token": TOKEN})}), ["session:0x1"]),
        (Redis(**{"session:0x1": TOKEN.encode().hex()}), ["session:0x1"]),
        (Redis(**{"session:0x1": TOKEN}, may_read=False), []),
    ],
    ids=range(7),
)
def test_what_shows_a_token_is_told_without_it(redis, found):
    assert keys_that_show(redis, TOKEN) == found


def test_many_keys_are_read_with_few_commands():
    redis = Redis(**{f"rate-limit:{number}": "1" for number in range(AT_ONCE + 1)})
    assert keys_that_show(redis, TOKEN) == [] and redis.reads == 2
