"""Connections that busy pods hold, by what the database counts."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.sql import Login
from acceptance.drivers.api import pool_sizes

LOGIN = Login("platform", "right", "alternatefutures")
PODS = {"auth-service": "10.244.1.5", "backend-service": "10.244.2.5"}


def deployment(name, replicas=2):
    """A Deployment that takes DATABASE_URL."""
    part = Thing(env=[Thing(name="DATABASE_URL")])
    spec = Thing(replicas=replicas, template=Thing(spec=Thing(containers=[part])))
    return Thing(metadata=Thing(name=name), spec=spec)


@pytest.mark.parametrize(
    ("pools", "now", "wanted"),
    [
        ({}, 0, 21),
        ({"auth-service": 6, "backend-service": 6}, 14, 21),
        ({"auth-service": 2, "backend-service": 20}, 35, 21),
        ({"auth-service": 5, "backend-service": 60}, 70, 61),
    ],
)
def test_pools_only_raise_the_number(pools, now, wanted):
    users = [deployment("auth-service"), deployment("backend-service")]
    assert pool_sizes.with_pools(users, pools, now) == wanted


def test_the_pods_that_were_asked_are_counted(monkeypatch):
    calls = []

    class Client:
        """A client pod, of whose bursts some fail."""

        def __init__(self, namespace, name):
            assert (namespace, name) == ("scenarios", "pool-client")

        def __call__(self, *arguments):
            calls.append(arguments)
            if arguments[0] == "http-latency" and arguments[1] == "POST":
                raise AssertionError("reset")
            return "{}"

        def close(self):
            calls.append("close")

        def delete(self):
            calls.append("delete")

    def service(_namespace, name):
        return Thing(running=lambda: [Thing(status=Thing(pod_ip=PODS[name]))])

    monkeypatch.setattr(pool_sizes, "PodClient", Client)
    monkeypatch.setattr(pool_sizes, "Service", service)
    rows = [("10.244.1.5", 6), ("10.244.2.5", 40), ("10.244.2.6", 3), ("10.244.9.9", 2)]
    db = Thing(
        client=Thing(namespace="scenarios"), leader=lambda: "yb-tserver-0", login=LOGIN, admin=LOGIN,
        ask=lambda *_, **__: rows,
    )  # fmt: skip
    default = Thing(pods=lambda: [Thing(status=Thing(pod_ip=f"10.244.{end}")) for end in ("1.5", "2.5", "2.6")])
    pools, now = pool_sizes.after_bursts(db, default, ServiceSettings())
    assert pools == {"auth-service": 6, "backend-service": 40} and now == 49
    assert calls[-2:] == ["close", "delete"]
    bursts = [call for call in calls if call[0] == "http-latency"]
    assert len(bursts) == 4 * pool_sizes.CALLERS and all(call[3:5] == ("300", "32") for call in bursts)
