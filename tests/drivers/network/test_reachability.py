"""Who asks a Service: a pod on each worker, and the one behind it."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.network import reachability
from acceptance.drivers.network.reachability import SERVER, create_service, reach_from_workers, replace_server

ADDRESS = "10.96.0.7"
OUTPUTS = Thing(workers=[Thing(name="one"), Thing(name="two")])


class Namespace:
    """A namespace in which all but some pods are answered, and that notes which pods are made where."""

    name = "scenario-1"

    def __init__(self, *unanswered):
        self.unanswered, self.made, self.asked = unanswered, {}, []
        probe = Thing(pod=lambda name, **spec: {"name": name, **spec})
        service = Thing(spec=Thing(cluster_ip=ADDRESS))
        core = Thing(read_namespaced_service=lambda *_: service, delete_namespaced_pod=lambda *_, **__: None)
        self.cluster = Thing(probe=probe, core=core)

    def create(self, item):
        self.made[item.get("name", "")] = item.get("nodeSelector", {}).get("kubernetes.io/hostname")

    def run_pod(self, name, **spec):
        self.create({"name": name, **spec})

    def pod(self, name):
        return Thing(metadata=Thing(uid=name), spec=Thing(node_name=self.made.get(name)))

    def pods(self, _):
        return []

    def wait_ready(self, _):
        pass

    def execute(self, pod, *command):
        self.asked.append((pod, command[2]))
        assert pod not in self.unanswered, "timed out"
        return json.dumps({"pod": SERVER})


@pytest.fixture(autouse=True)
def once(monkeypatch):
    """Whoever waits looks once."""

    def eventually(look, *, what, **_):
        try:
            return look()
        except AssertionError as error:
            raise AssertionError(f"expected {what}: {error}") from error

    monkeypatch.setattr(reachability, "eventually", eventually)


def test_a_pod_on_each_worker_asks_and_so_does_the_one_behind_the_service():
    namespace = Namespace()
    assert create_service(namespace, OUTPUTS) == ADDRESS
    reach_from_workers(namespace, OUTPUTS, ADDRESS)
    assert {pod for pod, target in namespace.asked if ADDRESS in target} == {SERVER, "client-one", "client-two"}
    assert namespace.made[SERVER] == "one"
    replace_server(namespace, OUTPUTS)
    assert namespace.made[SERVER] == "two"


@pytest.mark.parametrize(
    ("unanswered", "said"),
    [
        (SERVER, "the pod behind the Service, on one, to reach itself"),
        ("client-two", "client-two to reach the Service"),
    ],
)
def test_who_is_not_answered_is_told(unanswered, said):
    namespace = Namespace(unanswered)
    create_service(namespace, OUTPUTS)
    with pytest.raises(AssertionError, match=said):
        reach_from_workers(namespace, OUTPUTS, ADDRESS)
