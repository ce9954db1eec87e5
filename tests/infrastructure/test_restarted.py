"""What a restart of the engine stopped beside a kept platform's nodes is started; what somebody stopped is not."""

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.base.errors import UserError
from acceptance.images.registry import REGISTRY_NAME
from acceptance.infrastructure import restarted

NAME = "some-platform"
STARTED, EARLIER, LATER = (f"2027-01-01T10:00:{second}.123456789Z" for second in ("30", "29", "45"))
BALANCER, OUTER = f"{NAME}-load-balancer", f"{NAME}-external-load-balancer"


@pytest.fixture
def engine(monkeypatch):
    """An engine with two nodes, both load balancers and the registry; returns what was called."""

    def make(stopped, nodes=("one", "two"), connected=True):
        called = []
        states = {name: {"Running": True, "StartedAt": STARTED} for name in (BALANCER, OUTER, REGISTRY_NAME)}
        states |= {"one": {"Running": True, "StartedAt": STARTED}, "two": {"Running": True, "StartedAt": LATER}}
        states |= {name: {"Running": False, "FinishedAt": at} for name, at in stopped.items()}

        def inspect(kind, name):
            if kind == "network":
                return {"Containers": {"1": {"Name": REGISTRY_NAME}} if connected else {}}
            return {"State": states[name]} if name in states else None

        def docker(*arguments):
            if arguments[0] == "ps":
                return "\n".join(nodes)
            called.append(" ".join(arguments))
            return ""

        monkeypatch.setattr(restarted, "inspect", inspect)
        monkeypatch.setattr(restarted, "docker", docker)
        return called

    return make


@pytest.mark.parametrize(
    ("stopped", "connected", "expected"),
    [
        ({}, True, []),
        ({BALANCER: EARLIER}, True, [f"start {BALANCER}"]),
        ({OUTER: EARLIER, BALANCER: STARTED}, True, [f"start {OUTER}", f"start {BALANCER}"]),
        # A defect, or a user: the nodes ran when it was stopped.
        ({BALANCER: LATER}, True, []),
        ({REGISTRY_NAME: LATER}, True, [f"start {REGISTRY_NAME}"]),
        ({}, False, [f"network connect --alias registry {NAME} {REGISTRY_NAME}"]),
    ],
)
def test_what_the_restart_stopped_is_put_right(engine, stopped, connected, expected):
    called = engine(stopped, connected=connected)
    assert restarted.put_right(NAME) is bool(expected)
    assert called == expected


def test_without_nodes_no_load_balancer_is_started(engine):
    called = engine({BALANCER: EARLIER}, nodes=())
    assert not restarted.put_right(NAME) and not called


@pytest.mark.parametrize("code", [0, 1])
def test_an_api_that_stays_away_is_said_with_what_to_do(tmp_path, monkeypatch, code):
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f"#!/bin/sh\necho connection refused >&2\nexit {code}\n")
    kubectl.chmod(0o755)
    monkeypatch.setattr(restarted, "RESTARTED", Deadline(0.1, "a test"))
    if code == 0:
        restarted.wait_api(NAME, kubectl, tmp_path / "kubeconfig")
    else:
        with pytest.raises(UserError, match="connection refused") as error:
            restarted.wait_api(NAME, kubectl, tmp_path / "kubeconfig")
        assert error.value.remedy == "make down, then make up"
