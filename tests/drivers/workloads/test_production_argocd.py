"""Argo CD in production: machines that do not exist, copies that do the same twice, too little memory."""

import pytest
from built import rendering_of
from manifest_changes import changed

from acceptance.drivers.workloads.production_argocd import unfit
from acceptance.drivers.workloads.production_differences import ALLOWED
from acceptance.drivers.workloads.production_parity import in_words

POD = "spec/template/spec"
LIMITS = f"{POD}/containers/0/resources"
CONTROLLER, MAKER = "argocd-application-controller", "argocd-applicationset-controller"


def with_change(name, *changes):
    """What production would render with changed values at paths of one workload."""
    items = rendering_of("argocd", "production")
    for path, value in changes:
        items = [changed(item, path, value) if is_workload(item, name) else item for item in items]
    return items


def is_workload(item, name):
    return item["kind"] in ("Deployment", "StatefulSet") and item["metadata"]["name"] == name


def affinity(key):
    """A node affinity that requires a label."""
    term = {"matchExpressions": [{"key": key, "operator": "Exists"}]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}


def shards(count):
    return [{"name": "ARGOCD_CONTROLLER_REPLICAS", "value": count}]


@pytest.mark.parametrize("overlay", ["kind", "production"])
def test_the_platforms_own_has_nothing_to_tell(overlay):
    assert unfit(rendering_of("argocd", overlay)) == []


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("argocd-server", [(f"{POD}/affinity/nodeAffinity", affinity("node-role.kubernetes.io/infra"))], "infra"),
        ("argocd-server", [(f"{POD}/affinity/nodeAffinity", affinity("kubernetes.io/arch"))], ""),
        (CONTROLLER, [("spec/replicas", 2)], f"{CONTROLLER} has 2 copies, and only 1"),
        (CONTROLLER, [("spec/replicas", 2), (f"{POD}/containers/0/env", shards("2"))], ""),
        ("argocd-notifications-controller", [("spec/replicas", 2)], "2 copies"),
        (MAKER, [("spec/replicas", 2)], "2 copies"),
        (MAKER, [("spec/replicas", 2), (f"{POD}/containers/0/args", ["--enable-leader-election"])], ""),
        ("argocd-server", [("spec/replicas", 5)], ""),
        (CONTROLLER, [(LIMITS, {"limits": {"memory": "128Mi"}})], f"{CONTROLLER} may use 128Mi of memory"),
        (CONTROLLER, [(LIMITS, {"limits": {"memory": "2Gi"}})], ""),
        ("argocd-repo-server", [(LIMITS, {"limits": {"memory": "64Mi"}})], "needs 256Mi"),
        ("argocd-redis-ha-haproxy", [(LIMITS, {"limits": {"memory": "16Mi"}})], "needs 64Mi"),
    ],
)
def test_what_would_not_work_on_productions_machines_is_told(name, changes, said):
    found = "; ".join(unfit(with_change(name, *changes)))
    assert said in found and bool(found) is bool(said)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (LIMITS, {"limits": {"cpu": "50m"}}, "limits/cpu is 50m"),
        (LIMITS, {"limits": {"cpu": "500m", "memory": "2Gi"}, "requests": {"cpu": "50m"}}, ""),
        (f"{POD}/containers/0/env", [{"name": "GOGC", "value": "off"}], "GOGC/value is off"),
    ],
)
def test_other_sizes_are_compared(path, value, said):
    there = with_change(CONTROLLER, (path, value))
    found = "; ".join(in_words(rendering_of("argocd", "kind"), there, ALLOWED["argocd"]))
    assert said in found and bool(found) is bool(said)
