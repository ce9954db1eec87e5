"""A client pod on each machine: the existing one, and temporary ones."""

from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.drivers.services import calls_per_node
from acceptance.drivers.services.calls_per_node import ask_often, on_each


class Client:
    """A client pod that runs on worker-2, unless a node is given."""

    deleted = None

    def __init__(self, namespace=None, name="data-client", node="worker-2"):
        pod = Thing(spec=Thing(node_name=node))
        self.namespace, self.name = namespace or Thing(pod=lambda _: pod), name

    def ensure(self):
        pass

    def close(self):
        pass

    def delete(self):
        Client.deleted.append(self.name)

    def way_to(self, host, port):
        return f"127.0.0.1:{port}"

    def said(self, host, port):
        return "dial tcp: i/o timeout"


def test_one_on_each_and_none_twice(monkeypatch):
    monkeypatch.setattr(calls_per_node, "PodClient", Client)
    monkeypatch.setattr(Client, "deleted", [])
    client = Client()
    with on_each({"worker-1", "worker-2", "worker-3"}, client) as clients:
        assert sorted(clients) == ["worker-1", "worker-2", "worker-3"] and clients["worker-2"] is client
        assert Client.deleted == []
    assert Client.deleted == ["client-at-0", "client-at-1"]


def test_no_answer_says_from_where(monkeypatch):
    def refuse(*_, **__):
        raise requests.ConnectionError("closed")

    monkeypatch.setattr(calls_per_node.Api, "get", refuse)
    with pytest.raises(AssertionError, match=r"auth-service:3001/health to a pod on worker-1: dial tcp"):
        ask_often(Client(), "worker-1", "auth-service", 3001, "/health", 2)
