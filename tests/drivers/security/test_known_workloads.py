"""Workloads that no manifest has, though their labels are those of an Application."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.drivers.security import known_workloads
from acceptance.drivers.security.known_workloads import pods_of_others, unknown_workloads

KNOWN = {
    ("Deployment", "auth-service"), ("StatefulSet", "redis"), ("Job", "auth-synced"), ("Job", "auth-migrates-"),
    ("CronJob", "tidy"),
}  # fmt: skip
LABELS = {"app.kubernetes.io/name": "auth-service"}


def item(kind, name, owner=None, **labels):
    owners = [{"kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    return {"kind": kind, "metadata": {"name": name, "labels": labels or LABELS, "ownerReferences": owners}, "spec": {}}


@pytest.mark.parametrize(
    ("workload", "told"),
    [
        (item("Deployment", "auth-service"), []),
        (item("Job", "auth-synced"), []),
        (item("Job", "auth-migrates-x7k2p"), []),
        (item("Job", "tidy-2899", owner=("CronJob", "tidy")), []),
        (item("Job", "auth-service"), ["Job auth-service"]),
        (item("Job", "auth-synced-too"), ["Job auth-synced-too"]),
        (item("Pod", "debug"), ["Pod debug"]),
        ({"kind": "ConfigMap", "metadata": {"name": "auth-config"}, "data": {}}, []),
    ],
)
def test_a_workload_that_calls_itself_the_platforms_is_told(workload, told):
    assert unknown_workloads([workload], KNOWN) == told


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([item("Pod", "redis-0", owner=("StatefulSet", "redis"))], []),
        ([item("Pod", "a", owner=("ReplicaSet", "r")), item("ReplicaSet", "r", ("Deployment", "auth-service"))], []),
        ([item("Pod", "a", owner=("ReplicaSet", "r")), item("ReplicaSet", "r")], ["a"]),
        ([item("Pod", "a", owner=("ReplicaSet", "r")), item("ReplicaSet", "r", ("Deployment", "debug"))], ["a"]),
        # Its owner is gone, so that it goes, too.
        ([item("Pod", "a", owner=("ReplicaSet", "r"))], []),
        ([item("Pod", "a", owner=("Job", "auth-synced")), item("Job", "auth-synced")], []),
        ([item("Pod", "a", owner=("Job", "tidy-1")), item("Job", "tidy-1", ("CronJob", "tidy"))], []),
        ([item("Pod", "a", owner=("Job", "debug")), item("Job", "debug")], ["a"]),
        ([item("Pod", "debug")], ["debug"]),
        ([item("Pod", "debug", **{SCENARIO_LABEL: "true"})], []),
    ],
)
def test_a_pod_of_nothing_that_git_has_is_told(objects, told, monkeypatch):
    monkeypatch.setattr(known_workloads, "objects_of", lambda _c, _n, kinds: [i for i in objects if i["kind"] in kinds])
    assert pods_of_others(Thing(cluster=None, name="default"), KNOWN) == told


def test_the_manifests_workloads_are_known():
    rendered = [item("Deployment", "auth-service"), item("ConfigMap", "auth-config"), item("Service", "auth-service")]
    hook = {"kind": "Job", "metadata": {"generateName": "auth-migrates-"}, "spec": {}}
    platform = Thing(render=lambda name: [*rendered, hook] if name == "auth-service" else [])
    found = known_workloads.known.__wrapped__(platform)
    assert found == {("Deployment", "auth-service"), ("Job", "auth-migrates-")}
