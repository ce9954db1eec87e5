"""A policy of production that cuts metrics-server, sealed-secrets or Argo CD's cache off is told."""

import pytest
from built import rendering_of
from manifest_changes import changed

from acceptance.drivers.workloads.production_policies import cut_off

PLACES = {"sealed-secrets": "sealed-secrets", "metrics-server": "kube-system", "argocd": "argocd"}
BOTH = ["Ingress", "Egress"]
MACHINES = {"ipBlock": {"cidr": "10.0.0.0/16"}}
METRICS = {"matchLabels": {"k8s-app": "metrics-server"}}


def policy(component, namespace=None, selector=None, types=("Ingress",), **rules):
    """A policy in a component's namespace or in another one, for all pods unless it selects some."""
    spec = {"podSelector": selector or {}, "policyTypes": [*types], **rules}
    metadata = {"name": "added", "namespace": namespace or PLACES[component]}
    return {"kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("overlay", ["kind", "production"])
@pytest.mark.parametrize("component", PLACES)
def test_the_platforms_own_cut_nobody_off(component, overlay):
    assert cut_off(component, rendering_of(component, overlay)) == []


@pytest.mark.parametrize(
    ("component", "arguments", "said"),
    [
        ("sealed-secrets", {}, "added cuts the API server off from sealed-secrets-controller"),
        ("sealed-secrets", {"namespace": "default"}, ""),
        ("sealed-secrets", {"ingress": [{}]}, ""),
        ("sealed-secrets", {"ingress": [{"ports": [{"port": 8080}]}]}, ""),
        ("sealed-secrets", {"ingress": [{"ports": [{"port": "http"}]}]}, ""),
        ("sealed-secrets", {"ingress": [{"ports": [{"port": 8000, "endPort": 8100}]}]}, ""),
        ("sealed-secrets", {"ingress": [{"ports": [{"port": 9090}]}]}, "the API server"),
        ("sealed-secrets", {"ingress": [{"ports": [{"port": 8080, "protocol": "UDP"}]}]}, "the API server"),
        ("sealed-secrets", {"ingress": [{"from": [MACHINES]}]}, ""),
        ("sealed-secrets", {"ingress": [{"from": [{"namespaceSelector": {}}]}]}, "the API server"),
        ("sealed-secrets", {"ingress": [{}], "types": BOTH}, "controller off from the API server"),
        ("sealed-secrets", {"ingress": [{}], "types": BOTH, "egress": [{"to": [MACHINES]}]}, ""),
        ("metrics-server", {"ingress": [{}]}, ""),
        ("metrics-server", {}, "the cluster's DNS"),
        ("metrics-server", {"selector": METRICS, "ingress": [{"ports": [{"port": 10250}]}]}, ""),
        ("metrics-server", {"selector": METRICS}, "the API server off from metrics-server"),
        ("metrics-server", {"selector": {"matchLabels": {"k8s-app": "other"}}}, ""),
        ("metrics-server", {"ingress": [{"from": [{"podSelector": {}}]}]}, "a pod of another namespace off"),
        (
            "metrics-server",
            {"selector": METRICS, "types": ["Egress"], "egress": [{"ports": [{"port": 6443}]}]},
            "metrics-server off from",
        ),
        ("argocd", {}, ""),
        ("argocd", {"types": ["Egress"]}, "argocd-server off from argocd-redis-ha-haproxy"),
    ],
)
def test_a_policy_that_cuts_off_is_told(component, arguments, said):
    added = policy(component, **arguments)
    found = "; ".join(cut_off(component, [*rendering_of(component, "production"), added]))
    assert said in found and bool(found) is bool(said)


@pytest.mark.parametrize(
    ("name", "path", "value", "said"),
    [
        ("proxy", "ingress/0/from", [{"podSelector": {"matchLabels": {"app": "x"}}}], "cuts argocd-server off from"),
        ("proxy", "ingress/0/ports", [{"port": 26379}], "cuts argocd-repo-server off from argocd-redis-ha-haproxy"),
        ("proxy", "ingress/1/from", [{"podSelector": {}}], ""),
        ("proxy", "ingress/0/from", [{"podSelector": {}}], ""),
        ("server", "ingress/0/ports", [{"port": 6379}], "cuts argocd-redis-ha-haproxy off from argocd-redis-ha-server"),
        ("server", "egress", [], "cuts argocd-redis-ha-server off from argocd-redis-ha-server"),
    ],
)
def test_a_closed_cache_is_told(name, path, value, said):
    full = f"argocd-redis-ha-{name}-network-policy"
    there = [
        changed(item, f"spec/{path}", value) if item["metadata"]["name"] == full else item
        for item in rendering_of("argocd", "production")
    ]
    found = "; ".join(cut_off("argocd", there))
    assert said in found and bool(found) is bool(said)
