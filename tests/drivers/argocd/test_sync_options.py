"""Annotations of objects in the cluster that Argo CD obeys are found, whatever Git says."""

import json
import re
from types import SimpleNamespace as Thing

import pytest
from tests_support import deployed_objects

from acceptance.cluster.manifests import HOOK
from acceptance.drivers.argocd import drift, sync_options
from acceptance.drivers.argocd.sync_options import COMPARE, HELM_HOOK, SYNC, is_skipped, stays


def item(annotations, kind="ConfigMap", *, live=True):
    identity = {"uid": "1"} if live else {}
    return {"kind": kind, "metadata": {"name": "redis", "annotations": annotations, **identity}}


@pytest.mark.parametrize("annotations", [{HOOK: "PreSync"}, {HOOK: ""}, {HOOK: "Skip"}, {HELM_HOOK: "pre-install"}])
def test_an_object_in_the_cluster_that_became_a_hook_is_seen(annotations):
    assert is_skipped(item(annotations)) and stays(item(annotations))


@pytest.mark.parametrize("annotations", [{SYNC: "Prune=false"}, {SYNC: "Prune=confirm"}, {COMPARE: "IgnoreExtraneous"}])
def test_an_object_in_the_cluster_that_stays_is_seen(annotations):
    assert stays(item(annotations)) and not is_skipped(item(annotations))


@pytest.mark.parametrize("annotations", [None, {HELM_HOOK: "crd-install"}, {SYNC: "ServerSideApply=true"}])
def test_an_object_in_the_cluster_that_is_as_in_git_is_left_alone(annotations):
    assert not is_skipped(item(annotations)) and not stays(item(annotations))


def test_a_hook_in_git_may_bring_what_it_needs():
    assert not is_skipped(item({HOOK: "PreSync"}, live=False)) and not stays(item({HOOK: "PreSync"}, live=False))
    assert is_skipped(item({HELM_HOOK: "pre-install"}, "Service", live=False))


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"finalizers": ["example.com/cleanup-protection"]}, "its finalizer \\(example.com/cleanup-protection\\)"),
        ({"finalizers": ["kubernetes"]}, "its finalizer"),
        ({"finalizers": ["kubernetes.io.example.com/held"]}, "its finalizer"),
        ({"ownerReferences": [{"kind": "StatefulSet", "name": "redis"}]}, "belongs to StatefulSet redis"),
        ({"finalizers": ["service.kubernetes.io/load-balancer-cleanup", "service.k8s.aws/resources"]}, ""),
        ({"finalizers": ["foregroundDeletion", "kubernetes.io/pvc-protection"]}, ""),
        ({"finalizers": [], "ownerReferences": []}, ""),
    ],
)
def test_an_object_that_cannot_be_removed_is_told(metadata, said):
    held = {"kind": "NetworkPolicy", "metadata": {"name": "redis", "uid": "1", **metadata}}
    assert re.search(said, stays(held)) and bool(stays(held)) is bool(said)


@pytest.mark.parametrize(
    ("kind", "name", "immutable", "is_told"),
    [
        ("ConfigMap", "yugabytedb-init", True, True),
        ("Secret", "redis", True, True),
        ("ConfigMap", "yugabytedb-init", False, False),
        ("ConfigMap", "yugabytedb-init-5h2km7t89f", True, False),
        ("ConfigMap", "settings-of-yugabytedb", True, True),
    ],
)
def test_an_object_that_cannot_change_is_told(kind, name, immutable, is_told):
    fixed = {"kind": kind, "metadata": {"name": name}, "immutable": immutable}
    assert bool(sync_options.is_not_as_in_git(fixed)) is is_told


CLAIM = "PersistentVolumeClaim"


def used_by(kind, pod=None, **parts):
    """An object that is no hook and names others."""
    spec = {"spec": {"template": {"spec": pod}}} if pod else {}
    return {"kind": kind, "metadata": {"name": "user"}, **spec, **parts}


@pytest.mark.parametrize(
    ("kind", "user"),
    [
        ("ConfigMap", used_by("Deployment", {"containers": [{"envFrom": [{"configMapRef": {"name": "redis"}}]}]})),
        ("ConfigMap", used_by("Deployment", {"volumes": [{"configMap": {"name": "redis"}}]})),
        ("ConfigMap", used_by("Job", {"volumes": [{"projected": {"sources": [{"configMap": {"name": "redis"}}]}}]})),
        (CLAIM, used_by("Deployment", {"volumes": [{"persistentVolumeClaim": {"claimName": "redis"}}]})),
        ("ServiceAccount", used_by("StatefulSet", {"serviceAccountName": "redis"})),
        ("Role", used_by("RoleBinding", roleRef={"kind": "Role", "name": "redis"})),
    ],
    ids=["variables", "volume", "projected", "claim", "account", "role"],
)
def test_a_hook_that_others_use_is_told(kind, user):
    hook = item({HOOK: "PreSync"}, kind, live=False)
    assert sync_options.hooks_in_use({"a": hook, "b": user}).keys() == {"a"}
    assert not sync_options.hooks_in_use({"a": item(None, kind, live=False), "b": user})
    as_hook = user | {"metadata": {"name": "user", "annotations": {HOOK: "PreSync"}}}
    assert not sync_options.hooks_in_use({"a": hook, "b": as_hook})
    assert not sync_options.hooks_in_use({"production's redis: a": hook, "b": user})
    assert sync_options.hooks_in_use({"production's redis: a": hook, "production's redis: b": user})


def test_a_binding_for_an_account_that_others_use_is_told():
    binding = item({HOOK: "PreSync"}, "RoleBinding", live=False) | {
        "roleRef": {"kind": "Role", "name": "other"}, "subjects": [{"kind": "ServiceAccount", "name": "redis"}]
    }  # fmt: skip
    assert sync_options.hooks_in_use({"a": binding, "b": used_by("StatefulSet", {"serviceAccountName": "redis"})})
    assert not sync_options.hooks_in_use({"a": binding, "b": used_by("StatefulSet", {"serviceAccountName": "other"})})


@pytest.mark.parametrize("place", ["kind", "production"])
def test_no_hook_of_the_manifests_is_used_by_others(place):
    found = {f"{number}": thing for number, thing in enumerate(deployed_objects(place))}
    assert any(sync_options.hooks(thing) for thing in found.values())
    assert sync_options.hooks_in_use(found) == {}


def test_what_is_in_the_cluster_is_looked_at_beside_what_is_in_git(monkeypatch):
    in_git, job = item(None, live=False), item({HOOK: "PostSync"}, "Job", live=False)
    asked = []

    def kubectl(_, *words, stdin):
        asked.append(stdin)
        return json.dumps(item({HOOK: "PreSync"}))

    monkeypatch.setattr(drift, "kubectl", kubectl)
    platform = Thing(cluster=None, rendering=Thing(production=lambda _: []))
    argocd = Thing(manifests=lambda name: [in_git, job] if name == "redis" else [])
    found = sync_options.objects_and_live(platform, argocd)
    assert [name for name, thing in found.items() if is_skipped(thing)] == ["redis's live ConfigMap redis"]
    assert len(asked) == 1 and "Job" not in asked[0]
