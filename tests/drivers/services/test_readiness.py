"""Pods that keep passing their probes while something is away, or that fail them."""

import datetime
from types import SimpleNamespace as Thing

import pytest
from tests_support import json_answer

from acceptance.drivers.services import readiness
from acceptance.drivers.services.service import now


def probe(path="/ready", port="http", period=5, failures=2, scheme="HTTP"):
    get = Thing(path=path, port=port, scheme=scheme) if path else None
    return Thing(http_get=get, period_seconds=period, failure_threshold=failures)


def container(ready, live=None):
    ports = [Thing(name="http", container_port=4000)]
    return Thing(ports=ports, readiness_probe=ready, liveness_probe=live)


@pytest.mark.parametrize(
    ("ready", "ago", "seconds"),
    [
        (probe(), 6, 5),
        (probe(), 60, 0),
        (probe(period=10, failures=3), 6, readiness.MOST),
        (probe(period=None, failures=None), 30, 1),
        (None, 0, 0),
    ],
)
def test_the_wait_is_as_long_as_probes_need(ready, ago, seconds):
    since = now() - datetime.timedelta(seconds=ago)
    assert readiness.seconds_to_wait(container(ready), since) == pytest.approx(seconds, abs=0.5)


@pytest.mark.parametrize(
    ("ready", "live", "paths"),
    [
        (probe(), probe("/live"), {"/ready", "/live"}),
        (probe(port=4000), None, {"/ready"}),
        (probe(port=9000), probe("/live", port="metrics"), set()),
        (probe(None), probe("/live", scheme="HTTPS"), set()),
        (None, None, set()),
    ],
)
def test_what_probes_ask_for_at_the_services_port(ready, live, paths):
    assert readiness.probed_paths(container(ready, live), 4000) == paths


class Backend:
    """A service whose pods answer a path with a status."""

    port = 4000

    def __init__(self, status, ready=True):
        self.status, self.ready = status, ready

    def pod_doors(self, through):
        return {"a pod": self}

    def container(self):
        return container(probe())

    def rolled_out(self):
        assert self.ready, "no pod is ready"

    def get(self, path, allow_redirects):
        assert path == "/ready" and not allow_redirects
        return json_answer(self.status, {})


@pytest.mark.parametrize(("status", "fails"), [(200, False), (302, False), (404, True), (503, True)])
def test_a_probe_that_fails_is_seen(monkeypatch, status, fails):
    slept = []
    monkeypatch.setattr(readiness.time, "sleep", slept.append)
    assert bool(readiness.failing(Backend(status), None, now())) is fails
    assert slept == [readiness.MOST]
    with pytest.raises(AssertionError, match="no pod is ready"):
        readiness.failing(Backend(200, ready=False), None, now())
