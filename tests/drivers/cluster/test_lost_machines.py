"""How soon the loss of a machine is noticed."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster.lost_machines import slow_to_notice
from acceptance.infrastructure.contract import Machine


def node(*words):
    notes = {"k3s.io/node-args": json.dumps([*words])} if words else None
    return Thing(metadata=Thing(name="first", annotations=notes))


def cluster(flags=(), nodes=(), is_attached=False):
    line = "\t".join(["/usr/local/bin/kube-controller-manager", *flags, ""]) + "\n"
    servers = [Machine(name="first", address="10.0.0.1")]
    return Thing(
        nodes=lambda: [*nodes], is_attached=is_attached, on_node=lambda *_: line, outputs=Thing(control_planes=servers)
    )


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        ([], ""),
        (["--node-monitor-grace-period=40s", "--controllers=*,bootstrapsigner,tokencleaner"], ""),
        (["--node-monitor-grace-period=2m0s"], ""),
        (["--node-monitor-grace-period=1h0m0s"], "waits 3600 s"),
        (["--node-monitor-grace-period=3600s"], "waits 3600 s"),
        (["--node-monitor-period=1h"], "waits 3600 s"),
        (["--node-monitor-grace-period=100s", "--node-monitor-period=30s"], "waits 130 s"),
        (["--node-monitor-grace-period=50s", "--node-monitor-period=5s"], ""),
        (["--controllers=*,-nodelifecycle"], "does not run"),
        (["--controllers=*,-node-lifecycle-controller"], "does not run"),
        (["--controllers=deployment,replicaset"], "does not run"),
        (["--controllers=nodelifecycle,deployment"], ""),
        (["--node-eviction-rate=0"], "leaves pods"),
        (["--node-eviction-rate=0.001"], "leaves pods"),
        (["--node-eviction-rate=0.1"], ""),
    ],
)
def test_a_controller_manager_that_is_slow_is_told(flags, word):
    found = slow_to_notice(cluster(flags, [node()]), 120)
    assert word in "".join(found) and bool(found) is bool(word)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["server"], 0),
        (["server", "--kube-controller-manager-arg", "node-monitor-grace-period=1h"], 1),
        (["agent"], 0),
        ([], 0),
    ],
)
def test_k3s_tells_the_api(words, count):
    assert len(slow_to_notice(cluster(nodes=[node(*words)], is_attached=True), 120)) == count
