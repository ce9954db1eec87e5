"""The clients of a Service: a pod on each worker, and the pod behind it."""

import contextlib
import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.network import reachability
from acceptance.drivers.network.reachability import (
    ANYWHERE,
    BY_TCP,
    SERVER,
    create_service,
    reach_from_control_planes,
    reach_from_machines,
    reach_from_workers,
    replace_server,
)

ADDRESS = "10.96.0.7"
OUTPUTS = Thing(workers=[Thing(name="one"), Thing(name="two")], control_planes=[Thing(name="cp1"), Thing(name="cp2")])


class Namespace:
    """A namespace in which all but some pods are answered, and that notes which pods are made where."""

    name = "scenario-1"

    def __init__(self, *unanswered):
        self.unanswered, self.made, self.asked, self.specs = unanswered, {}, [], {}
        probe = Thing(pod=lambda name, **spec: {"name": name, **spec})
        service = Thing(spec=Thing(cluster_ip=ADDRESS))
        core = Thing(read_namespaced_service=lambda *_: service, delete_namespaced_pod=lambda *_, **__: None)
        self.cluster = Thing(probe=probe, core=core)

    def create(self, item):
        self.specs[item.get("name", "")] = item
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
    """A wait checks only once."""

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


def test_the_pod_behind_the_service_looks_its_name_up_over_tcp():
    namespace = Namespace()
    create_service(namespace, OUTPUTS)
    reach_from_workers(namespace, OUTPUTS, ADDRESS)
    assert (SERVER, f"http://server.{namespace.name}.svc.cluster.local/") in namespace.asked
    assert namespace.specs[SERVER]["dnsConfig"] == BY_TCP and "dnsConfig" not in namespace.specs["client-one"]
    replace_server(namespace, OUTPUTS)
    assert namespace.specs[SERVER]["dnsConfig"] == BY_TCP


def test_a_pod_on_each_control_plane_asks_by_address_and_by_name():
    namespace = Namespace()
    seen = reach_from_control_planes(namespace, OUTPUTS, ADDRESS)
    assert namespace.made == {"client-cp1": "cp1", "client-cp2": "cp2"} and len(seen) == 4
    assert all(spec["tolerations"] == ANYWHERE for spec in namespace.specs.values())
    assert {pod for pod, target in namespace.asked if ADDRESS in target} == {"client-cp1", "client-cp2"}


def test_control_planes_and_machines_ask_again_once_the_server_has_moved(monkeypatch):
    namespace = Namespace()
    reach_from_control_planes(namespace, OUTPUTS, ADDRESS)
    monkeypatch.setattr(reachability, "reach_from_machines", lambda *_: {"cp1 -> it": SERVER})
    namespace.asked.clear()
    made = dict(namespace.made)
    seen = reachability.reach_again(namespace, OUTPUTS, ADDRESS)
    assert seen == {f"client-cp1 -> {ADDRESS}": SERVER, f"client-cp2 -> {ADDRESS}": SERVER, "cp1 -> it": SERVER}
    assert namespace.made == made
    with pytest.raises(AssertionError, match="client-cp1 to reach the Service at"):
        reachability.reach_again(Namespace("client-cp1"), OUTPUTS, ADDRESS)


def test_a_control_plane_without_the_service_is_told():
    with pytest.raises(AssertionError, match="client-cp2 to reach the Service at"):
        reach_from_control_planes(Namespace("client-cp2"), OUTPUTS, ADDRESS)


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


@pytest.mark.parametrize(("said", "is_told"), [(f'{{"pod": "{SERVER}"}}', False), ("", True), ('{"pod": "x"}', True)])
def test_a_machine_that_reaches_no_service_is_told(said, is_told):
    namespace, asked = Namespace(), []

    def on_node(node, *command, check):
        asked.append(node)
        return said if node == "two" else json.dumps({"pod": SERVER})

    namespace.cluster.is_attached, namespace.cluster.on_node = False, on_node
    with pytest.raises(AssertionError, match="two") if is_told else contextlib.nullcontext():
        reach_from_machines(namespace, OUTPUTS, ADDRESS)
    assert asked == ["cp1", "cp2", "one", "two"]
    namespace.cluster.is_attached = True
    assert reach_from_machines(namespace, OUTPUTS, ADDRESS) == {}
