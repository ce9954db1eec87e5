"""The platform as it was found: what counts as a change, and what changes by itself."""

import copy

import pytest

from acceptance.drivers.workloads.platform_state import digests

SECRET = {
    "kind": "Secret",
    "metadata": {"name": "jwt-secret", "namespace": "default", "uid": "1", "resourceVersion": "7"},
    "data": {"JWT_SECRET": "b25l"},
}
NODE = {
    "kind": "Node",
    "metadata": {"name": "worker", "uid": "2", "labels": {}},
    "spec": {},
    "status": {"conditions": []},
}
CLAIM = {"namespace": "scenario-a1", "name": "data"}


def changed(item, part, key, value):
    found = copy.deepcopy(item)
    found[part][key] = value
    return found


def helper(script="local-path-config"):
    volumes = [{"name": "script", "configMap": {"name": script}}, {"name": "data", "hostPath": {"path": "/opt"}}]
    metadata = {"name": "helper-pod-delete-pvc-1", "namespace": "local-path-storage", "uid": "9"}
    return {"kind": "Pod", "metadata": metadata, "spec": {"volumes": volumes}}


@pytest.mark.parametrize(
    "after",
    [
        [NODE],
        [changed(SECRET, "data", "JWT_SECRET", "dHdv"), NODE],
        [changed(SECRET, "metadata", "uid", "3"), NODE],
        [SECRET, changed(NODE, "spec", "unschedulable", True)],
        [SECRET, changed(NODE, "metadata", "labels", {"role": "database"})],
        [SECRET, NODE, {"kind": "RoleBinding", "metadata": {"name": "left", "namespace": "default", "uid": "4"}}],
        [SECRET, NODE, helper("another")],
    ],
    ids=["gone", "another value", "made anew", "cordoned", "labelled", "left behind", "a pod by a good name"],
)
def test_a_change_is_seen(after):
    assert digests(after) != digests([SECRET, NODE])


def test_what_moves_by_itself_is_not():
    moved = [changed(SECRET, "metadata", "resourceVersion", "8"), changed(NODE, "status", "conditions", ["Ready"])]
    moved.append({"kind": "Pod", "metadata": {"name": "one", "namespace": "scenario-a1", "uid": "5"}})
    moved.append({"kind": "PersistentVolume", "metadata": {"name": "pv", "uid": "6"}, "spec": {"claimRef": CLAIM}})
    owners = [{"kind": "Job"}]
    moved.append({"kind": "Pod", "metadata": {"name": "hook", "namespace": "default", "ownerReferences": owners}})
    moved.append(helper())
    assert digests(moved) == digests([SECRET, NODE])
