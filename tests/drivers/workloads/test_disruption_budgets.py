"""A budget that never allows an eviction is found, and two budgets for the same pods, here and in production."""

from types import SimpleNamespace

import pytest
from kubernetes import client

from acceptance.drivers.workloads import disruption_budgets as budgets


def budget(name="auth", app="auth", **spec):
    """A budget for the pods of an app."""
    selector = {"matchLabels": {"app": app}}
    return {"kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": {"selector": selector, **spec}}


def workload(replicas=2, app="auth", kind="Deployment", **metadata):
    """A workload whose pods are of an app."""
    template = {"metadata": {"labels": {"app": app, "version": "1"}}}
    spec = {"replicas": replicas, "template": template}
    return {"kind": kind, "metadata": {"name": app, **metadata}, "spec": spec}


NONE = ["the budget auth never allows the eviction of a pod of auth"]


@pytest.mark.parametrize(
    ("spec", "replicas", "found"),
    [
        ({"minAvailable": 1}, 2, []),
        ({"minAvailable": 2}, 2, NONE),
        ({"minAvailable": 1}, 1, NONE),
        ({"minAvailable": "50%"}, 2, []),
        ({"minAvailable": "51%"}, 2, NONE),
        ({"minAvailable": "100%"}, 3, NONE),
        ({"maxUnavailable": 1}, 1, []),
        ({"maxUnavailable": 0}, 3, NONE),
        ({"maxUnavailable": "0%"}, 3, NONE),
        ({"maxUnavailable": "10%"}, 3, []),
        ({}, 1, []),
        # What runs no pods holds up nothing.
        ({"minAvailable": 1}, 0, []),
    ],
)
def test_a_budget_that_lets_no_pod_go(spec, replicas, found):
    assert budgets.stuck([budget(**spec), workload(replicas)]) == found


def test_a_budget_is_for_the_pods_that_it_selects_in_its_namespace():
    strict = budget(minAvailable=2)
    assert budgets.stuck([strict, workload(app="backend"), workload(namespace="argocd")]) == []
    everything = {**strict, "spec": {"minAvailable": 2, "selector": {}}}
    assert budgets.stuck([everything, workload(app="backend")]) == [
        "the budget auth never allows the eviction of a pod of backend"
    ]


def test_two_budgets_for_the_same_pods_let_none_go():
    found = budgets.stuck([budget(minAvailable=1), budget("copy", maxUnavailable=1), workload()])
    assert found == ["the budget auth and the budget copy both select the pods of auth"]


def test_what_cannot_be_judged_is_a_failure():
    with pytest.raises(AssertionError, match="saw none"):
        budgets.stuck([workload()])


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ({"key": "app", "operator": "Exists"}, NONE),
        ({"key": "app", "operator": "In", "values": ["auth", "backend"]}, NONE),
        ({"key": "app", "operator": "NotIn", "values": ["auth"]}, []),
        ({"key": "canary", "operator": "DoesNotExist"}, NONE),
    ],
)
def test_a_budget_may_select_by_expressions(expression, found):
    strict = {**budget(), "spec": {"minAvailable": 2, "selector": {"matchExpressions": [expression]}}}
    assert budgets.stuck([strict, workload()]) == found


def test_a_budget_without_a_selector_is_for_no_pods():
    assert budgets.stuck([{**budget(), "spec": {"minAvailable": 2}}, workload()]) == []


def listed(*items):
    """What the API lists: objects with labels, which carry their manifest."""
    return SimpleNamespace(
        items=[
            SimpleNamespace(metadata=SimpleNamespace(labels=item["metadata"].get("labels")), plain=item)
            for item in items
        ]
    )


def test_here_and_production_are_told_apart(monkeypatch):
    scenarios = budget("of-a-scenario", minAvailable=2)
    scenarios["metadata"]["labels"] = {"alternate-futures.dev/scenario": "true"}
    policy = SimpleNamespace(
        list_pod_disruption_budget_for_all_namespaces=lambda: listed(budget(maxUnavailable=0), scenarios)
    )
    monkeypatch.setattr(client, "PolicyV1Api", lambda _: policy)
    apps = SimpleNamespace(
        list_deployment_for_all_namespaces=lambda: listed(workload()), list_stateful_set_for_all_namespaces=listed
    )
    api = SimpleNamespace(sanitize_for_serialization=lambda items: [item.plain for item in items])
    rendered = {
        "redis": [budget("redis", "redis", minAvailable=1), workload(1, "redis", "StatefulSet")],
        "traefik": [budget("traefik", "traefik", minAvailable=1), workload(1, "traefik")],
    }
    rendering = SimpleNamespace(production=lambda name: rendered.get(name, []))
    found = budgets.in_the_way(SimpleNamespace(cluster=SimpleNamespace(apps=apps, api=api), rendering=rendering))
    assert found == [
        *NONE,
        "in production the budget redis never allows the eviction of a pod of redis",
        "in production the budget traefik never allows the eviction of a pod of traefik",
    ]


@pytest.mark.parametrize(
    ("objects", "is_protected"),
    [
        ([budget(minAvailable=2), workload(3, kind="StatefulSet")], True),
        ([budget(maxUnavailable=1), workload(3, kind="StatefulSet")], True),
        ([budget(minAvailable=1), workload(3, kind="StatefulSet")], False),
        ([budget(app="redis", maxUnavailable=1), workload(3, kind="StatefulSet")], False),
        ([budget(app="redis", maxUnavailable=1), workload(1, kind="StatefulSet")], True),
        ([budget(app="redis", maxUnavailable=1), workload(3, kind="StatefulSet", namespace="argocd")], True),
    ],
)
def test_members_of_which_a_drain_may_take_the_majority_are_found(objects, is_protected):
    unprotected = ["no budget keeps the majority of auth where it is while machines are drained"]
    assert budgets.in_words(objects) == ([] if is_protected else unprotected)


LAST = ["no budget keeps a pod of auth while the others are evicted"]


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        ([budget(minAvailable=1), workload()], []),
        ([budget(maxUnavailable=1), workload(3)], []),
        ([budget(maxUnavailable="50%"), workload(2)], []),
        ([budget(minAvailable=0), workload()], LAST),
        ([budget(maxUnavailable="100%"), workload(3)], LAST),
        ([budget(app="redis", maxUnavailable=1), workload()], LAST),
        ([budget(app="redis", maxUnavailable=1), workload(1)], []),
        ([budget(app="redis", maxUnavailable=1), workload(namespace="argocd")], []),
    ],
)
def test_a_service_of_which_a_drain_may_take_all_pods_is_found(objects, found):
    assert budgets.in_words(objects) == found
