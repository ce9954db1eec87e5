"""Autoscalers and owners that may reduce a service's replicas are found, here and in production."""

from types import SimpleNamespace

import pytest
from kubernetes import client

from acceptance.drivers.workloads import replicas


def deployment(count=2, **metadata):
    """A Deployment as the API writes it."""
    return {"kind": "Deployment", "metadata": {"name": "frontend-service", **metadata}, "spec": {"replicas": count}}


def scaler(least=1, kind="Deployment", name="frontend-service"):
    """An autoscaler of something."""
    spec = {"scaleTargetRef": {"kind": kind, "name": name}} | ({"minReplicas": least} if least else {})
    return {"kind": replicas.AUTOSCALER, "metadata": {"name": "a"}, "spec": spec}


@pytest.mark.parametrize(
    ("made", "scalers", "said"),
    [
        (deployment(), [], ""),
        (deployment(3), [scaler(2), scaler(1, name="other"), scaler(1, "StatefulSet")], ""),
        (deployment(1), [], "has 1 replicas"),
        (deployment(), [scaler(1)], "may scale down to 1"),
        (deployment(), [scaler(None)], "may scale down to 1"),
        (deployment(), [scaler(0)], "may scale down to 1"),
        (deployment(), [scaler(1, "ReplicaSet", "frontend-service-abc")], "may scale down to 1"),
        (deployment(ownerReferences=[{"kind": "Rollout", "name": "b"}]), [], "managed by the Rollout b"),
    ],
)
def test_who_may_take_replicas_away(made, scalers, said):
    found = replicas.below(made, scalers, 2)
    assert bool(found) is bool(said) and said in "".join(found)


def test_a_deployment_that_says_nothing_has_one_replica():
    assert replicas.below({"metadata": {"name": "a"}, "spec": {}}, [], 2) == ["the Deployment a has 1 replicas"]


def test_here_and_production_are_told_apart(monkeypatch):
    lists = SimpleNamespace(list_namespaced_horizontal_pod_autoscaler=lambda _: SimpleNamespace(items=[scaler(1)]))
    monkeypatch.setattr(client, "AutoscalingV2Api", lambda _: lists)
    api = SimpleNamespace(sanitize_for_serialization=lambda found: found)
    apps = SimpleNamespace(read_namespaced_deployment=lambda *_: deployment())
    rendering = SimpleNamespace(production=lambda _: [deployment(1)])
    platform = SimpleNamespace(cluster=SimpleNamespace(api=api, apps=apps), rendering=rendering)
    assert replicas.ways_below(platform, "frontend-service", 2) == [
        "the autoscaler a may scale down to 1 replicas of frontend-service",
        "in production the Deployment frontend-service has 1 replicas",
    ]
    rendering.production = lambda _: []
    assert replicas.ways_below(platform, "frontend-service", 2)[1] == "in production no Deployment frontend-service"
