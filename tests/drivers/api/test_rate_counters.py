"""Counters in Redis, with one key for a client, or one for each period."""

import fnmatch
import json

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import rate_limits
from acceptance.drivers.api.rate_counters import ROOM, Counter, End
from acceptance.drivers.api.rate_limits import RateClient


class Redis(dict):
    """Keys with a value, the seconds that they have left, and the time at which they expire."""

    def __call__(self, _, __, word, *arguments):
        if word == "SCAN":
            found = [key for key in self if fnmatch.fnmatch(key, arguments[2])]
            return json.dumps([0, found] if arguments[0] == "7" else ["7", []])
        if word == "DEL":
            return json.dumps(self.pop(arguments[0], None) and 1)
        seen = self.get(arguments[0], (None, -2, -2))
        return json.dumps(dict(zip(("GET", "TTL", "EXPIRETIME"), seen, strict=True))[word])


def test_a_counter_of_one_key_is_that_key():
    redis = Redis({"limit:me": ("3", 40, 1000), "limit:me:7": ("9", 60, 2000)})
    counter = Counter(redis, "limit:me")
    assert (counter.value(), counter.end(), counter.pause()) == (3, End(40, 1000), 0)
    counter.clear()
    assert [*redis] == ["limit:me:7"] and counter.value() is None


def test_a_counter_of_several_periods_is_that_of_the_last():
    redis = Redis({"limit:me:8": ("2", 60, 2000), "limit:me:7": ("9", 5, 1945), "limit:you:8": ("1", 60, 2000)})
    counter = Counter(redis, "limit:me:*")
    assert (counter.value(), counter.end(), counter.pause()) == (2, End(60, 2000), 0)
    counter.clear()
    assert [*redis] == ["limit:you:8"] and (counter.value(), counter.end()) == (None, End(-2, -2))


@pytest.mark.parametrize(("left", "pause"), [(0, 1), (ROOM - 1, ROOM), (ROOM, 0), (-1, 0)])
def test_a_period_that_is_about_to_end_is_waited_for(left, pause):
    assert Counter(Redis({"limit:me:7": ("1", left, 1945)}), "limit:me:*").pause() == pause


def test_a_client_begins_anew_with_a_new_period(monkeypatch):
    redis = Redis()

    class Auth:
        period = 7

        def post(self, path, body, headers):
            count = int(redis.get(f"limit:me:{self.period}", ("0",))[0]) + 1
            redis[f"limit:me:{self.period}"] = (str(count), 5 if self.period == 7 else 60, 1000 * self.period)
            return json_answer(429 if count > 20 else 401, {})

    def next_period(_):
        Auth.period = 8

    monkeypatch.setattr(rate_limits.time, "sleep", next_period)
    client = RateClient(Auth(), ServiceSettings(rate_limit_key="limit:{client}:*"), redis, "me", by_header=False)
    client.call_until_refused()
    assert client.served == 20 and all(calls == seen for calls, seen in client.counted.items())
