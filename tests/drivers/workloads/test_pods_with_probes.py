"""Pods that hang or crash, on each worker."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes.client import ApiException

from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.probe import Probe
from acceptance.drivers.cluster import terminated_containers
from acceptance.drivers.workloads import pods_with_probes

WORKERS = Thing(workers=[Thing(name="one"), Thing(name="two")])


class Pods:
    """A namespace that accepts pods, and shows one."""

    name = "scenario"

    def __init__(self, shown=None, core=None):
        self.cluster = Thing(probe=Probe("probe"), core=core)
        self.made, self.shown = {}, shown

    def create(self, manifest):
        self.made[manifest["metadata"]["name"]] = manifest
        return manifest["metadata"]["name"]

    def pod(self, _):
        return self.shown


def test_each_worker_has_a_pod_of_each_kind_that_hangs():
    pods = Pods()
    names = pods_with_probes.start_hanging_on_each(pods, WORKERS)
    assert sorted(names) == sorted(f"{kind}-{number}" for kind in pods_with_probes.HANGING for number in (0, 1))
    for name, manifest in pods.made.items():
        assert of_scenario(manifest["metadata"]["labels"]), "restarts of it are no ailment of the platform"
        (container,) = manifest["spec"]["containers"]
        probe = container["livenessProbe"]
        assert (probe["timeoutSeconds"], probe["failureThreshold"]) == (1, 3)
        assert ("exec" in probe) == name.startswith("hangs-at-the-command")
        assert manifest["spec"]["nodeSelector"] == {"kubernetes.io/hostname": ["one", "two"][int(name[-1])]}


def status(*restarts):
    statuses = [
        Thing(restart_count=count, ready=True, state=Thing(waiting=None, terminated=None)) for count in restarts
    ]
    return Thing(
        status=Thing(
            phase="Running", conditions=None, init_container_statuses=None, container_statuses=statuses or None
        )
    )


def test_who_was_restarted():
    assert pods_with_probes.restarted(Pods(status(1)), "a")
    for shown in (status(0), status()):
        with pytest.raises(AssertionError, match="no restart yet"):
            pods_with_probes.restarted(Pods(shown), "a")


def test_each_worker_has_a_pod_that_crashes():
    pods = Pods()
    assert terminated_containers.start_crashing_on_each(pods, WORKERS) == {"one": "crashing-0", "two": "crashing-1"}
    assert pods.made["crashing-1"]["spec"]["nodeSelector"] == {"kubernetes.io/hostname": "two"}


SAID = f'Get "{terminated_containers.NOWHERE}": dial tcp 127.0.0.1:1: connect: connection refused\n'


def test_its_last_words_are_read_of_the_container_that_ended():
    def log(name, namespace, previous):
        return SAID if previous else ""

    assert terminated_containers.log_of_crashed(Pods(core=Thing(read_namespaced_pod_log=log)), "a") == SAID.strip()
    for status, kind, said in (
        (400, AssertionError, "the log of a terminated container of the pod a"),
        (403, ApiException, "403"),
    ):

        def refuse(*_, status=status, **__):
            raise ApiException(status=status)

        with pytest.raises(kind, match=said):
            terminated_containers.log_of_crashed(Pods(core=Thing(read_namespaced_pod_log=refuse)), "a")
    with pytest.raises(AssertionError, match="the log of a to say why it crashed, saw ''"):
        terminated_containers.log_of_crashed(Pods(core=Thing(read_namespaced_pod_log=lambda *_, **__: "")), "a")


KUBELET = ["/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml", "--node-ip=172.30.0.7"]


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ([], {}),
        (["--maximum-dead-containers-per-container=2"], {}),
        (["--maximum-dead-containers=-1"], {}),
        (["--maximum-dead-containers=240"], {}),
        (["--maximum-dead-containers-per-container=0"], {"two": "--maximum-dead-containers-per-container=0"}),
        (["--maximum-dead-containers-per-container", "0"], {"two": "--maximum-dead-containers-per-container=0"}),
        (["--maximum-dead-containers=0"], {"two": "--maximum-dead-containers=0"}),
    ],
)
def test_a_kubelet_that_takes_away_what_ended_is_told(more, seen):
    def on_node(name, *_):
        return "\n".join(KUBELET + (more if name == "two" else [])) + "\n"

    outputs = Thing(control_planes=[], workers=WORKERS.workers)
    cluster = Thing(is_attached=False, on_node=on_node)
    assert terminated_containers.kubelets_that_keep_too_few(cluster, outputs) == seen
    assert terminated_containers.kubelets_that_keep_too_few(Thing(is_attached=True), outputs) == {}
