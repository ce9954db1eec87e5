"""A pod that cannot pull its image is said as that, in each wait for pods."""

import re

import pytest
from kubernetes.client import (
    V1ContainerState,
    V1ContainerStateTerminated,
    V1ContainerStateWaiting,
    V1ContainerStatus,
    V1ObjectMeta,
    V1Pod,
    V1PodCondition,
    V1PodStatus,
)

from acceptance.base.conditions import describe, not_ready
from acceptance.base.paths import ROOT
from acceptance.base.waiting import TimedOut
from acceptance.drivers.network import load_balancer
from acceptance.drivers.secrets import sealing
from acceptance.drivers.workloads import pods_with_probes, server_pod


def container(state, ready=False):
    """A container's status."""
    return V1ContainerStatus(image="x", image_id="x", name="x", ready=ready, restart_count=0, state=state)


def pod(containers, init=None, ready="False"):
    """A pod in a state."""
    condition = V1PodCondition(
        last_transition_time="2027-01-01T10:00:00Z", message="", reason="", status=ready, type="Ready"
    )
    status = V1PodStatus(
        phase="Pending", container_statuses=containers, init_container_statuses=init, conditions=[condition]
    )
    return V1Pod(metadata=V1ObjectMeta(name="some-pod"), status=status)


UNPULLED = V1ContainerState(waiting=V1ContainerStateWaiting(reason="ImagePullBackOff", message="registry:5000 is away"))
WAITS = V1ContainerState(waiting=V1ContainerStateWaiting(reason="PodInitializing"))
DONE = V1ContainerState(terminated=V1ContainerStateTerminated(exit_code=0, reason="Completed"))
SICK = pod([container(UNPULLED)])


def test_each_pod_that_is_not_ready_says_why():
    assert not_ready([SICK, pod([], ready="True")]) == (
        ": some-pod is Pending (waiting: ImagePullBackOff registry:5000 is away)"
    )
    assert not_ready([pod([], ready="True")]) == ""


def test_so_does_an_init_container_and_one_that_is_done_does_not():
    assert "ImagePullBackOff" in describe(pod([container(WAITS)], init=[container(UNPULLED)]))
    assert "Completed" not in describe(pod([container(WAITS)], init=[container(DONE, ready=True)]))


class Namespace:
    """A namespace with one pod that cannot pull its image."""

    name = "scenario"

    class Cluster:
        """A cluster that takes what is created."""

        class apps:
            """Its DaemonSets, of which no pod is Ready."""

            @staticmethod
            def read_namespaced_daemon_set(*_):
                """The status of one."""
                return type("Set", (), {"status": type("Status", (), {"number_ready": 0})})

        probe = type("Probe", (), {"container": staticmethod(lambda **_: {})})

    cluster = Cluster

    def pods(self, _):
        """Its pods."""
        return [SICK]

    def create(self, _):
        """Take an object."""
        return "answering"


OUTPUTS = type("Outputs", (), {"workers": ["one"]})
WAITING = {
    "pods with probes": (pods_with_probes, lambda: pods_with_probes.wait_all_ready(Namespace(), "app=x", 1)),
    "load balancer": (load_balancer, lambda: load_balancer.start_echo_pods(Namespace(), OUTPUTS)),
    "server pod": (server_pod, lambda: server_pod.start_server(Namespace())),
    "sealing": (sealing, lambda: sealing.value_in_pod(Namespace())),
}


@pytest.mark.parametrize("which", WAITING)
def test_a_wait_says_that_an_image_cannot_be_pulled(which, monkeypatch):
    module, wait = WAITING[which]

    def once(condition, *, what, hint="", **_):
        try:
            condition()
        except AssertionError as error:
            raise TimedOut(f"expected {what}; {error}") from error

    if which != "sealing":
        monkeypatch.setattr(module, "eventually", once)
    with pytest.raises(AssertionError, match="ImagePullBackOff registry:5000 is away"):
        wait()


def test_no_wait_counts_ready_pods_without_saying_why():
    counts = re.compile(r'f".*pods Ready"')
    found = [path for path in (ROOT / "acceptance").rglob("*.py") if counts.search(path.read_text())]
    assert not found
