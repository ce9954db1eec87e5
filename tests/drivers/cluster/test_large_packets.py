"""Machines and pods that send each other more than one packet can hold."""

import json
import shlex
from types import SimpleNamespace as Thing

import pytest

from acceptance.base import waiting
from acceptance.cluster.probe import Probe
from acceptance.drivers.cluster import large_packets
from acceptance.drivers.cluster.large_packets import BYTES, exchange, get_large
from acceptance.drivers.cluster.machines import kubelets_reached

WORKERS = Thing(workers=[Thing(name="one"), Thing(name="two")])


class Pods:
    """A namespace whose pods reach each other; `lost`: the pod to which nothing large gets through."""

    name, cluster = "scenario", Thing(probe=Probe("probe"))

    def __init__(self, lost="", cut=0):
        self.lost, self.cut, self.made = lost, cut, {}

    def create(self, manifest):
        self.made[manifest["metadata"]["name"]] = manifest["spec"]["nodeSelector"]["kubernetes.io/hostname"]

    def wait_ready(self, name):
        return Thing(status=Thing(pod_ip=f"10.244.0.{name[-1]}"))

    def execute(self, pod, *command):
        server, path = f"sends-{command[2].split(':8080')[0][-1]}", command[2].split(":8080")[1]
        assert server != self.lost, f"{' '.join(command)} in pod {pod}: context deadline exceeded"
        return json.dumps({"pod": server, "path": path[: len(path) - self.cut]})


def test_each_worker_is_asked_from_each_other_one():
    pods = Pods()
    assert exchange(pods, WORKERS) == {"one -> two": "sends-1", "two -> one": "sends-0"}
    assert pods.made == {"sends-0": "one", "sends-1": "two"}


def test_one_worker_alone_proves_nothing():
    with pytest.raises(AssertionError, match="two workers or more"):
        exchange(Pods(), Thing(workers=WORKERS.workers[:1]))


def test_what_does_not_get_through_names_the_pair(monkeypatch):
    monkeypatch.setattr(large_packets, "POD_READY", waiting.Deadline(0.1, "this test"))
    with pytest.raises(waiting.TimedOut, match=r"from a pod on one to one on two.*/\.\.\..*deadline exceeded") as error:
        exchange(Pods(lost="sends-1"), WORKERS)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("pods", [Pods(cut=1000), Pods()])
def test_who_answers_has_to_be_the_one_that_was_asked_and_repeat_all(pods):
    with pytest.raises(AssertionError, match=f"of {BYTES} bytes"):
        get_large(pods, "sends-0", "10.244.0.1", "sends-1" if pods.cut else "another")


def test_every_machine_sends_to_every_other_one():
    asked = {}

    def on_node(node, *command, check):
        asked[node] = command
        return "" if node == "b" else "https://10.0.0.2:10250/healthz 401\n"

    machines = [Thing(name="a", address="10.0.0.1"), Thing(name="b", address="10.0.0.2")]
    assert kubelets_reached(Thing(on_node=on_node), machines) == {"a -> b": "401", "b -> a": "000"}
    sent, curl = asked["a"][2].split(" | ")
    assert sent == "head -c 65536 /dev/zero"
    words = shlex.split(curl)
    assert words[:4] == ["curl", "--http1.1", "-H", "Expect:"] and "%{url} %{http_code}\n" in words


@pytest.mark.parametrize("cut", [0, 1])
def test_a_pod_on_each_control_plane_sends_as_much(monkeypatch, cut):
    monkeypatch.setattr(large_packets, "POD_READY", waiting.Deadline(0.1, "this test"))
    monkeypatch.setattr(large_packets, "SERVER", "sends-1")
    outputs, pods = Thing(control_planes=[Thing(name="cp1"), Thing(name="cp2")]), Pods(cut=cut)
    if not cut:
        assert large_packets.from_control_planes(pods, outputs) == {"cp1": "sends-1", "cp2": "sends-1"}
        return
    with pytest.raises(waiting.TimedOut, match="from a pod on cp1"):
        large_packets.from_control_planes(pods, outputs)
