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


def test_a_deployment_that_leaves_the_number_to_its_autoscaler_has_what_that_says():
    made = {"metadata": {"name": "frontend-service"}, "spec": {}}
    assert replicas.below(made, [scaler(2)], 2) == []
    assert replicas.below(made, [scaler(1)], 2) == ["the autoscaler a may scale down to 1 replicas of frontend-service"]
    assert replicas.below(made, [scaler(2, name="other")], 2) == ["the Deployment frontend-service has 1 replicas"]


@pytest.mark.parametrize(
    ("spec", "least", "most", "is_told"),
    [
        ({"replicas": 2}, 3, 5, True),
        ({"replicas": 2}, 2, 5, True),
        ({"replicas": 2}, 2, 2, False),
        ({}, 3, 5, False),
    ],
)
def test_an_autoscaler_that_argo_cd_works_against_is_told(monkeypatch, spec, least, most, is_told):
    made = {"kind": "Deployment", "metadata": {"name": "frontend-service"}, "spec": spec}
    scaling = scaler(least)
    scaling["spec"]["maxReplicas"] = most
    lists = SimpleNamespace(list_namespaced_horizontal_pod_autoscaler=lambda _: SimpleNamespace(items=[scaling]))
    monkeypatch.setattr(client, "AutoscalingV2Api", lambda _: lists)
    cluster = SimpleNamespace(api=SimpleNamespace(sanitize_for_serialization=lambda found: found))
    for here, there in (([made], []), ([], [made, scaling])):
        rendering = SimpleNamespace(production=lambda name, there=there: there if name == "frontend-service" else [])
        argocd = SimpleNamespace(manifests=lambda name, here=here: here if name == "frontend-service" else [])
        found = replicas.against_git(SimpleNamespace(cluster=cluster, rendering=rendering), argocd)
        place = "frontend-service" if here else "production's frontend-service"
        assert [*found] == ([place] if is_told else [])


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


LOST = "node.kubernetes.io/unreachable"


@pytest.mark.parametrize(
    ("toleration", "told"),
    [
        ({"key": LOST, "operator": "Exists", "effect": "NoExecute"}, 1),
        ({"key": LOST, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}, 0),
        ({"key": LOST, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 86400}, 1),
        ({"key": LOST}, 1),
        ({"operator": "Exists"}, 2),
        ({"key": LOST, "operator": "Exists", "effect": "NoSchedule"}, 0),
        ({"key": LOST, "value": "yes", "effect": "NoExecute"}, 0),
        ({"key": "spot", "operator": "Exists"}, 0),
    ],
)
def test_pods_that_stay_on_a_lost_machine_are_told(toleration, told):
    item = deployment()
    item["spec"]["template"] = {"spec": {"tolerations": [toleration]}}
    assert len(replicas.never_replaced(item)) == told and replicas.never_replaced(deployment()) == []


def stateful_set(name, count):
    """A StatefulSet as the API writes it."""
    return {"kind": "StatefulSet", "metadata": {"name": name}, "spec": {"replicas": count}}


@pytest.mark.parametrize(
    ("least", "most", "kind", "name", "told"),
    [
        (1, 3, "StatefulSet", "yb-tserver", True),
        (None, 3, "StatefulSet", "yb-tserver", True),
        (3, 5, "StatefulSet", "yb-tserver", True),
        (3, 3, "StatefulSet", "yb-tserver", False),
        (1, 3, "StatefulSet", "other", False),
        (1, 3, "Deployment", "yb-tserver", False),
    ],
)
def test_autoscalers_of_stateful_sets_are_told(least, most, kind, name, told):
    found = scaler(least, kind, name)
    found["spec"]["maxReplicas"] = most
    assert bool(replicas.resizers([stateful_set("yb-tserver", 3), stateful_set("redis", 1)], [found])) is told


def test_an_applications_own_stateful_sets_are_judged(monkeypatch):
    found = {**scaler(1, "StatefulSet", "redis")}
    found["spec"]["maxReplicas"] = 3
    lists = SimpleNamespace(list_namespaced_horizontal_pod_autoscaler=lambda _: SimpleNamespace(items=[found]))
    monkeypatch.setattr(client, "AutoscalingV2Api", lambda _: lists)

    class Item(dict):
        """A StatefulSet as the API writes it, with its name as the client has it."""

        metadata = SimpleNamespace(name="redis")

    sets = SimpleNamespace(items=[Item(stateful_set("redis", 1))])
    api = SimpleNamespace(sanitize_for_serialization=lambda items: items)
    apps = SimpleNamespace(list_namespaced_stateful_set=lambda _: sets)
    rendering = SimpleNamespace(production=lambda _: [stateful_set("redis", 1), found])
    platform = SimpleNamespace(
        cluster=SimpleNamespace(api=api, apps=apps), rendering=rendering, render=lambda name: [stateful_set(name, 1)]
    )
    said = "the autoscaler a may run 1 to 3 pods of redis, not 1"
    assert replicas.resized(platform, "redis") == [said, f"in production {said}"]
    with pytest.raises(AssertionError, match="saw none of them"):
        replicas.resized(platform, "database")


@pytest.mark.parametrize(
    ("seconds", "told"), [([300], 0), ([86400], 1), ([None], 1), ([300, None], 0), ([None, 86400], 1), ([], 0)]
)
def test_running_pods_that_stay_on_a_lost_machine_are_told(seconds, told):
    every = {"key": LOST, "operator": "Exists", "effect": "NoExecute"}
    given = [every | ({"tolerationSeconds": number} if number else {}) for number in seconds]
    pod = {"metadata": {"name": "frontend-1"}, "spec": {"tolerations": given}}
    asked = []

    def pods(namespace, label_selector):
        asked.append((namespace, label_selector))
        return SimpleNamespace(items=[pod])

    api = SimpleNamespace(sanitize_for_serialization=lambda found: found)
    platform = SimpleNamespace(cluster=SimpleNamespace(api=api, core=SimpleNamespace(list_namespaced_pod=pods)))
    item = deployment(namespace="default")
    item["spec"]["selector"] = {"matchLabels": {"app": "frontend-service"}}
    found = replicas.left_on_lost(platform, item)
    assert len(found) == told and asked == [("default", "app=frontend-service")]
    assert all("the pod frontend-1 is not replaced" in text for text in found)
