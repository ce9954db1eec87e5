"""Limits of the load balancer and what it passes on, as HAProxy and the engine report them."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.infrastructure import haproxy
from acceptance.infrastructure.haproxy import cores, limits_of_process, passed_over


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("Name: HAProxy\nMaxconn: 4096\nConnRateLimit: 0\nSessRateLimit: 0\n", {"Maxconn": "4096"}),
        ("Maxconn: 30\nConnRateLimit: 30\n", {"Maxconn": "30", "ConnRateLimit": "30"}),
        ("Name: HAProxy\n", {}),
    ],
)
def test_limits_of_the_whole_process_are_read(told, found):
    assert limits_of_process(told) == found


BEFORE = {"http/one": 100, "http/two": 7, "https/one": 3, "https/two": 0}


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ((10, 10, 10, 10), {}),
        ((3, 17, 17, 3), {}),
        ((20, 0, 10, 10), {"http/two": "0 of 20"}),
        ((10, 10, 2, 18), {"https/one": "2 of 20"}),
        ((0, 0, 10, 10), {}),
    ],
)
def test_a_worker_that_is_passed_over_is_told(more, seen):
    after = {server: BEFORE[server] + count for server, count in zip(BEFORE, more, strict=True)}
    assert passed_over(BEFORE, after) == seen


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        ({"NanoCpus": 50_000_000}, 0.05),
        ({"CpuQuota": 5000, "CpuPeriod": 100_000}, 0.05),
        ({"CpuQuota": -1, "CpuPeriod": 100_000}, None),
        ({}, None),
    ],
)
def test_the_engines_limit_of_its_container_is_read(monkeypatch, settings, seen):
    monkeypatch.setattr(haproxy, "inspect", lambda *_: {"HostConfig": settings})
    assert cores(Thing(load_balancer=Thing(id="balancer"))) == seen
