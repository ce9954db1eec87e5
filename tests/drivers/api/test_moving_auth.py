"""An auth service that gets a new address: a client that keeps using the old one is detected."""

import contextlib
import json
from types import SimpleNamespace

import pytest
import requests

from acceptance.base.deadlines import Deadline
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import moving_auth
from acceptance.drivers.api.graphql import Asked

ADDRESSES = ["10.96.0.5", "10.96.0.5", "10.96.0.9"]


class Namespace:
    """A namespace whose API gives Services these addresses, one after another."""

    def __init__(self, addresses):
        self.name, self.addresses, self.services, self.deleted = "scenario-1", list(addresses), [], 0
        self.cluster = self.core = self

    def create(self, manifest):
        """Make a Service."""
        self.services.append(manifest)

    def read_namespaced_service(self, *_):
        """The Service, with the next address."""
        return SimpleNamespace(spec=SimpleNamespace(cluster_ip=self.addresses.pop(0)))

    def delete_namespaced_service(self, *_):
        """Remove it."""
        self.deleted += 1


class AuthStub:
    """A pod that was asked, or not."""

    def __init__(self, name, was=True):
        self.name, self.was = name, was

    def was_asked(self, path, token):
        """The request."""
        assert self.was, f"expected POST {path}"

    def requests(self):
        """All that it was asked."""
        return [{}] * self.was


@pytest.fixture
def pods(monkeypatch):
    """The stubs that exist, by name, in the order of their creation."""
    there = []

    @contextlib.contextmanager
    def answering(*_):
        there.append(f"pod-{len(there)}")
        name = there[-1]
        yield AuthStub(name)
        there[there.index(name)] = f"{name} gone"

    monkeypatch.setattr(moving_auth, "answering", answering)
    monkeypatch.setattr(moving_auth, "GONE", Deadline(2, "the test"))
    return there


def test_a_move_leads_to_another_pod_at_another_address(pods):
    namespace = Namespace(ADDRESSES)
    with moving_auth.named_auth(namespace, 401, "no") as auth:
        assert (auth.address, pods) == ("10.96.0.5", ["pod-0"])
        assert auth.move() == "10.96.0.9", "the same address again is no move"
        assert pods == ["pod-0 gone", "pod-1"]
        assert namespace.services[-1]["spec"]["selector"] == {"app": "pod-1"}
        assert auth.url == f"http://{auth.name}.scenario-1:8080" and auth.name.startswith("auth-service-")
    assert pods == ["pod-0 gone", "pod-1 gone"]


@pytest.mark.parametrize(
    ("status", "body", "was", "is_right"),
    [
        (200, {"errors": [{"message": "Unauthorized"}]}, True, True),
        (200, {"errors": [{"message": "Unauthorized"}]}, False, False),
        (503, {"errors": [{"message": "Unauthorized"}]}, True, False),
        (200, {"data": {"me": 1}}, True, False),
    ],
)
def test_a_copy_that_keeps_an_old_address_is_seen(pods, monkeypatch, status, body, was, is_right):
    answer = requests.Response()
    answer.status_code, answer._content = status, json.dumps(body).encode()
    answer.headers["Content-Type"] = "application/json"
    answer.request = requests.Request("POST", "http://copy/").prepare()
    monkeypatch.setattr(moving_auth, "ask", lambda *_: Asked(answer, None, 0.0))
    copy = SimpleNamespace(api=lambda _: None, log=lambda: ["asked nobody"])
    with moving_auth.named_auth(Namespace(ADDRESSES), 401, "no") as auth:
        auth.stub.was = was
        with contextlib.nullcontext() if is_right else pytest.raises(AssertionError):
            auth.was_asked_by(copy, None, ServiceSettings(), "jwt")
