"""Pods that hang or crash, on each worker."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.probe import Probe
from acceptance.drivers import probed

WORKERS = Thing(workers=[Thing(name="one"), Thing(name="two")])


class Pods:
    """A namespace that takes pods, and shows one."""

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
    names = probed.start_hanging_on_each(pods, WORKERS)
    assert sorted(names) == sorted(f"{kind}-{number}" for kind in probed.HANGING for number in (0, 1))
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
    return Thing(status=Thing(phase="Running", conditions=None, container_statuses=statuses or None))


def test_who_was_restarted():
    assert probed.restarted(Pods(status(1)), "a")
    for shown in (status(0), status()):
        with pytest.raises(AssertionError, match="no restart yet"):
            probed.restarted(Pods(shown), "a")
