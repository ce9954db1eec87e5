"""Validate calls are measured from each machine, to each pod and to the Service, sequentially and concurrently."""

import contextlib
import json
from types import SimpleNamespace

from acceptance.drivers.services import latency


def pod(name, address):
    """A pod of auth."""
    return SimpleNamespace(metadata=SimpleNamespace(name=name), status=SimpleNamespace(pod_ip=address))


def test_each_way_to_auth_is_measured_alone_and_at_once(monkeypatch):
    asked = []

    def here(*arguments):
        asked.append(arguments)
        return json.dumps({"p95": 3})

    beside = lambda *_: contextlib.nullcontext({"worker": here})  # noqa: E731
    monkeypatch.setattr(latency, "beside", beside)
    auth = SimpleNamespace(name="auth-service", port=3001, running=lambda: [pod("a", "10.0.0.1"), pod("b", "10.0.0.2")])
    seen = latency.validate_calls(None, auth, None, "/validate", "jwt", 300)
    assert seen["a from worker, 1 at once"] == {"p95": 3} and len(seen) == 6
    command, method, url, count, at_once, body, *headers = asked[-1]
    assert (command, method, url) == ("http-latency", "POST", "http://auth-service:3001/validate")
    assert (count, at_once, body) == ("300", "4", "")
    assert headers == ["Authorization: Bearer jwt", "Connection: close"]
    assert {(args[2], args[4]) for args in asked[:4]} == {
        (f"http://10.0.0.{host}:3001/validate", number) for host in (1, 2) for number in ("1", "4")
    }
    assert len(latency.validate_calls(None, auth, None, "/validate", "jwt", 40, at_once=[1])) == 3
    latency.validate_calls(None, auth, None, "/validate", "jwt", 40, at_once=[1], field="token")
    assert asked[-2][5:] == ('{"token": "jwt"}',) and asked[-1][5:] == ('{"token": "jwt"}', "Connection: close")


def test_other_answers_and_slow_ones_are_told():
    def figures(p95, **statuses):
        return {"statuses": {key.strip("_"): value for key, value in statuses.items()}, "p95": p95, "count": 40}

    calls = {"a": figures(3, _401=40), "b": figures(300, _200=20, _401=20), "c": figures(100, _503=1, _401=39)}
    assert latency.with_others(calls, [200, 401]) == {"c": {"503": 1, "401": 39}}
    assert latency.slower(calls, 95, 100) == {"b": "300 ms"}
