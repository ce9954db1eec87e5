"""Whether a counter of auth's gets its end in the step that makes it."""

import time
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.api import counter_starts
from acceptance.drivers.api.counter_starts import left_without_end, starts
from acceptance.drivers.api.rate_counters import End

KEY = "rate-limit:scenario-0a"


def said(*commands):
    """What MONITOR prints of commands, each with who sent it."""
    lines = []
    for number, (who, *words) in enumerate(commands):
        quoted = " ".join(f'"{word}"' for word in words)
        lines.append(f"1700000000.00000{number} [0 {who}] {quoted}")
    return "\n".join(["OK", *lines, ""])


ONE, OTHER = "10.244.1.5:4000", "10.244.2.5:5000"
BARE = said((ONE, "incr", KEY), (ONE, "expire", KEY, "60"))


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        (BARE, "INCR"),
        (said((OTHER, "multi"), (ONE, "INCRBY", KEY, "1"), (OTHER, "exec")), "INCRBY"),
        (said((ONE, "multi"), (ONE, "incr", KEY), (ONE, "ttl", KEY), (ONE, "exec"), (ONE, "expire", KEY, "9")), "INCR"),
        (said((ONE, "set", KEY, "1"), (ONE, "expire", KEY, "60")), "SET"),
        (said((ONE, "setnx", KEY, "0"), (ONE, "incr", KEY)), "SETNX"),
        (said((ONE, "multi"), (ONE, "incr", KEY), (ONE, "expire", KEY, "60", "nx"), (ONE, "exec")), ""),
        (said((ONE, "set", KEY, "0", "EX", "60", "NX"), (ONE, "incr", KEY)), ""),
        (said((ONE, "setex", KEY, "60", "1")), ""),
        (said((ONE, "evalsha", "0a0b", "1", KEY), ("lua", "incr", KEY), ("lua", "expire", KEY, "60")), ""),
        (said((ONE, "get", KEY), (ONE, "multi"), (ONE, "incr", KEY), (ONE, "pexpire", KEY, "9"), (ONE, "exec")), ""),
    ],
    ids=range(10),
)
def test_who_makes_a_counter_gives_it_its_end(printed, word):
    assert starts(printed, {KEY}) == {KEY: word}
    assert starts(printed.replace("scenario-0a", "scenario-0a:17"), {f"{KEY}:*"}) == {f"{KEY}:*": word}
    assert starts(printed, {"rate-limit:scenario-0b"}) == {}


class Caller:
    """A client of auth, which gives its counter an end again or not."""

    key = KEY

    def __init__(self, heals):
        self.heals, self.asked, self.headers = heals, [], {"X-Client-Id": "scenario-0a"}
        self.own = Thing(keys=lambda: [KEY], ask=lambda *words: self.asked.append(words))

    def call(self):
        return 401

    def end(self):
        return End(60, 1700000060) if self.heals else End(-1, -1)


def found(monkeypatch, printed, heals=False):
    """What is said where Redis prints this to who watches it."""
    monkeypatch.setattr(counter_starts, "EACH", 0.01)

    def execute(*_):
        time.sleep(0.1)
        return printed

    namespace = Thing(pods=lambda _: [Thing(metadata=Thing(name="redis-0"))], execute=execute)
    return left_without_end(namespace, lambda: Caller(heals))


def test_a_counter_that_may_stay_is_told(monkeypatch):
    assert "it is made by INCR, and another command ends it" in found(monkeypatch, BARE)
    assert found(monkeypatch, BARE, heals=True) == ""
    assert found(monkeypatch, "NOPERM this user has no permissions") == ""


def test_an_auth_that_was_not_seen_to_count_is_no_pass(monkeypatch):
    with pytest.raises(AssertionError, match="saw none"):
        found(monkeypatch, "OK\n")
