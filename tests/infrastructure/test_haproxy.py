"""Limits of the load balancer and what it passes on, as HAProxy and the engine report them."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.infrastructure import haproxy
from acceptance.infrastructure.haproxy import cores, limits_of_process, passed_over, scarce, without_each_once


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


@pytest.mark.parametrize(
    ("files", "ports", "memory", "lacks"),
    [
        ("8222", "32768\t60999", 0, []),
        ("1048576", "1024 65535", 256 * 2**20, []),
        ("2010", "40000 40999", 64_000_000, []),
        ("1024", "32768 60999", 0, ["open files"]),
        ("8222", "40000 40250", 0, ["ports for connections to a worker"]),
        ("8222", "32768 60999", 24 * 2**20, ["bytes of memory"]),
    ],
)
def test_what_is_too_little_for_its_connections_is_told(monkeypatch, files, ports, memory, lacks):
    monkeypatch.setattr(haproxy, "inspect", lambda *_: {"HostConfig": {"Memory": memory}})
    told = "".join(f"Max open files            {soft}     20000      files\n" for soft in ("unlimited", files))
    monkeypatch.setattr(haproxy, "docker", lambda *words: f"{ports}\n" if words[-1] == haproxy.PORTS else told)
    assert [*scarce(Thing(load_balancer=Thing(id="balancer")), 1000)] == lacks


def statistics(*servers):
    """`show stat` of these servers, as (backend, name, address)."""
    proxies = dict.fromkeys(backend for backend, *_ in servers)
    rows = [f"{name},FRONTEND,," for name in proxies] + [f"{name},BACKEND,," for name in proxies]
    return "\n".join(["# pxname,svname,addr,", *rows, *(",".join((*server, "")) for server in servers)])


ONE, TWO = "10.0.0.1", "10.0.0.2"
BOTH = [("http", "one", f"{ONE}:80"), ("http", "two", f"{TWO}:80")]


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        (BOTH, {}),
        ([BOTH[1], BOTH[0]], {}),
        ([*BOTH, ("api", "one", f"{ONE}:443")], {"api": [ONE]}),
        ([*BOTH, ("http", "three", f"{ONE}:80")], {"http": [ONE, ONE, TWO]}),
        ([BOTH[0], ("http", "two", f"{ONE}:80")], {"http": [ONE, ONE]}),
    ],
)
def test_a_backend_without_each_worker_once_is_told(servers, told):
    assert without_each_once(statistics(*servers), [TWO, ONE]) == told
