"""An auth that is slow to count is told from one that is slow altogether."""

import json

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import counting_time

SETTINGS = ServiceSettings(client_header="X-Client-Id")


class Auth:
    """A pod of auth that refuses the third call of a client, and takes longer for what it counts."""

    def __init__(self, base, clock, more, limit=2):
        self.base, self.clock, self.more, self.limit, self.calls = base, clock, more, limit, 0

    def answer(self, path, headers):
        assert headers.keys() == {"X-Client-Id"}
        self.clock["now"] += 0.03
        if path.startswith("/missing"):
            return json_answer(404, {})
        self.clock["now"] += self.more
        self.calls += 1
        return json_answer(429 if self.calls > self.limit else 401, {})

    def get(self, path, headers):
        return self.answer(path, headers)

    def post(self, path, body, headers):
        return self.answer(path, headers)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still but for auth's answers."""
    clock = {"now": 0.0}
    monkeypatch.setattr(counting_time.time, "monotonic", lambda: clock["now"])
    return clock


def redis(asked):
    """Redis, which notes what it is asked."""

    def ask(_, __, command, key):
        asked.append((command, key))
        return json.dumps(3)

    return ask


@pytest.mark.parametrize(("more", "found"), [(0.02, 20.0), (0.0, 0.0)])
def test_only_what_a_counted_call_takes_longer_counts(clock, more, found):
    asked = []
    doors = {"a pod": Auth("one", clock, more), "another": Auth("two", clock, 0.0, limit=0)}
    seen = counting_time.cost_of_counting(doors, SETTINGS, redis(asked), pairs=3)
    assert seen == {"a pod": found, "another": 0.0}
    assert asked[-1] == ("DEL", f"rate-limit:{asked[-1][1].partition(':')[2]}")


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        (ServiceSettings(), 2),
        (ServiceSettings(client_header="X-Client-Id", nonces_are_limited=False), 2),
        (SETTINGS, 1000),
    ],
)
def test_where_nobody_is_only_counted_nothing_is_judged(clock, settings, limit):
    doors = {"a pod": Auth("one", clock, 1.0, limit)}
    assert counting_time.cost_of_counting(doors, settings, redis([]), pairs=1) == {}
