"""A cache of Argo CD that has no pods in production, or no Service, is told."""

import pytest
from built import rendering_of

from acceptance.drivers.workloads.production_cache import without_cache

PROXY, MEMBERS = "argocd-redis-ha-haproxy", "argocd-redis-ha-server"


@pytest.mark.parametrize("overlay", ["kind", "production"])
def test_the_platforms_own_has_one(overlay):
    assert without_cache(rendering_of("argocd", overlay)) == []


def workload(kind, name, **spec):
    template = {"metadata": {"labels": {"app": name}}}
    return {"kind": kind, "metadata": {"name": name}, "spec": {"template": template, **spec}}


def service(name, selector=None):
    return {"kind": "Service", "metadata": {"name": name}, "spec": {"selector": selector or {"app": name}}}


def settings(server):
    return {"kind": "ConfigMap", "metadata": {"name": "argocd-cmd-params-cm"}, "data": {"redis.server": server}}


HIGHLY_AVAILABLE = [settings(f"{PROXY}:6379"), service(PROXY), workload("StatefulSet", MEMBERS, replicas=3)]


@pytest.mark.parametrize(
    ("manifests", "said"),
    [
        ([service("argocd-redis"), workload("Deployment", "argocd-redis")], ""),
        ([service("argocd-redis"), workload("Deployment", "argocd-redis", replicas=0)], "no pods are behind"),
        ([service("argocd-redis", {"app": "other"}), workload("Deployment", "argocd-redis")], "no pods are behind"),
        ([workload("Deployment", "argocd-redis")], "no Service"),
        ([*HIGHLY_AVAILABLE, workload("Deployment", PROXY, replicas=3)], ""),
        (
            [*HIGHLY_AVAILABLE, workload("Deployment", PROXY, replicas=0)],
            f"no pods are behind Argo CD's cache, {PROXY}",
        ),
        ([*HIGHLY_AVAILABLE[:2], workload("Deployment", PROXY), workload("StatefulSet", MEMBERS)], "has 1 replicas"),
        ([settings(f"{PROXY}.argocd.svc:6379"), service(PROXY), workload("Deployment", PROXY)], ""),
    ],
)
def test_a_cache_that_would_not_answer_is_told(manifests, said):
    found = "; ".join(without_cache(manifests))
    assert said in found and bool(found) is bool(said)
