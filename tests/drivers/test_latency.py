"""Several callers at once are as slow as the slowest of them, and none of their answers is lost."""

import json
import threading

from acceptance.drivers import latency


def figures(p95, **statuses):
    count = sum(statuses.values())
    return {"count": count, "statuses": statuses, "p50": 1, "p95": p95, "p99": p95, "max": p95, "unit": "milliseconds"}


def test_the_slowest_caller_counts():
    both = latency.together([figures(20, **{"200": 75}), figures(130, **{"200": 74, "500": 1})])
    assert (both["p95"], both["count"], both["statuses"]) == (130, 150, {"200": 149, "500": 1})


def test_callers_call_at_the_same_time():
    everybody = threading.Barrier(latency.AT_ONCE, timeout=10)

    class Here:
        def ensure(self):
            pass

        def __call__(self, *_):
            everybody.wait()
            return json.dumps(figures(5, **{"200": 75}))

    assert latency.at_once(Here(), "http-latency")["count"] == 75 * latency.AT_ONCE
