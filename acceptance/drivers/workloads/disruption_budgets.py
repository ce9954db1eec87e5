"""Disruption budgets that allow no evictions, or too many, when a machine is drained. Source: plan 25.8."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from kubernetes import client

from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

BUDGET = "PodDisruptionBudget"
WORKLOADS = ("Deployment", "StatefulSet")
BESIDES = ("traefik", "sealed-secrets", "metrics-server", "argocd")
"""The components besides Applications whose pods are on the machines that are drained."""
VOTERS = 3
"""The number of members from which on a majority of a StatefulSet has to stay."""


def in_the_way(platform: Platform) -> list[str]:
    """What blocks a drain forever, or lets it evict too much, in words.

    Here in every namespace but scenarios', and as production renders it.

    Raises AssertionError if there is no budget here or there, and ApiException if the user may not list them.
    """
    cluster = platform.cluster
    lists = (
        (BUDGET, client.PolicyV1Api(cluster.api).list_pod_disruption_budget_for_all_namespaces()),
        ("Deployment", cluster.apps.list_deployment_for_all_namespaces()),
        ("StatefulSet", cluster.apps.list_stateful_set_for_all_namespaces()),
    )
    here = [plain for kind, found in lists for plain in named(cluster.api, kind, found.items)]
    there = [item for name in (*APPLICATIONS, *BESIDES) for item in platform.rendering.production(name)]
    return in_words(here) + [f"in production {text}" for text in in_words(there)]


def in_words(objects: Iterable[Manifest]) -> list[str]:
    """What is wrong with the budgets among objects, in words. Raises AssertionError without any budget."""
    found = list(objects)
    return stuck(found) + unprotected(found) + all_at_once(found)


def named(api: Any, kind: str, items: list[Any]) -> list[Manifest]:
    """Objects of a kind as manifests; the API leaves the kind out in lists. Those of scenarios are left out."""
    own = [item for item in items if not of_scenario(item.metadata.labels)]
    return [{**plain, "kind": kind} for plain in api.sanitize_for_serialization(own)]


def stuck(objects: Iterable[Manifest]) -> list[str]:
    """The budgets among objects that never allow an eviction, in words. Raises AssertionError without any."""
    found = list(objects)
    budgets = [item for item in found if item["kind"] == BUDGET]
    assert budgets, "expected disruption budgets, here and in production, saw none"
    said = []
    for workload in (item for item in found if item["kind"] in WORKLOADS):
        own, name = [item for item in budgets if covers(item, workload)], workload["metadata"]["name"]
        said += [
            f"{title(item)} never allows the eviction of a pod of {name}" for item in own if lets_go(item, workload) < 1
        ]
        # The API refuses to evict a pod of two budgets, whatever they say.
        said += [f"{' and '.join(map(title, own))} both select the pods of {name}"] if len(own) > 1 else []
    return said


def unprotected(objects: Iterable[Manifest]) -> list[str]:
    """The StatefulSets of the platform's namespace whose majority drains may evict at once, in words.

    With fewer than three members none may be evicted: otherwise drains of two machines would stop all writes.
    """
    found = list(objects)
    budgets = [item for item in found if item["kind"] == BUDGET]
    own = [item for item in found if item["metadata"].get("namespace", "default") == "default"]
    voting = [item for item in own if item["kind"] == "StatefulSet" and int(item["spec"].get("replicas", 1)) >= VOTERS]
    return [
        f"no budget keeps the majority of {item['metadata']['name']} where it is while machines are drained"
        for item in voting
        if not any(
            covers(budget, item) and lets_go(budget, item) <= item["spec"]["replicas"] // 2 for budget in budgets
        )
    ]


def all_at_once(objects: Iterable[Manifest]) -> list[str]:
    """The Deployments of the platform's namespace whose pods a drain may evict all at once, in words.

    After the drain of one of two workers all pods of a service may be on the other one. One that has a single pod is
    not judged: it cannot be drained without a gap.
    """
    found = list(objects)
    budgets = [item for item in found if item["kind"] == BUDGET]
    own = [item for item in found if item["metadata"].get("namespace", "default") == "default"]
    several = [item for item in own if item["kind"] == "Deployment" and int(item["spec"].get("replicas", 1)) > 1]
    return [
        f"no budget keeps a pod of {item['metadata']['name']} while the others are evicted"
        for item in several
        if not any(covers(budget, item) and lets_go(budget, item) < int(item["spec"]["replicas"]) for budget in budgets)
    ]


def title(budget: Manifest) -> str:
    """A budget's name, as messages give it."""
    return f"the budget {budget['metadata']['name']}"


def covers(budget: Manifest, workload: Manifest) -> bool:
    """Whether a budget is for a workload's pods: an empty selector is for all pods of the namespace, none for none."""
    selector = budget["spec"].get("selector")
    homes = [item["metadata"].get("namespace", "default") for item in (budget, workload)]
    labels = workload["spec"]["template"]["metadata"].get("labels") or {}
    return homes[0] == homes[1] and selector is not None and selects(selector, labels)


def lets_go(budget: Manifest, workload: Manifest) -> int:
    """How many pods of a workload may be evicted at once while all are healthy; 1 for a workload that has none."""
    spec, count = budget["spec"], int(workload["spec"].get("replicas", 1))
    if not count:
        return 1
    if "maxUnavailable" in spec:
        return pods_of(spec["maxUnavailable"], count)
    return count - pods_of(spec.get("minAvailable", 0), count)


def pods_of(share: int | str, count: int) -> int:
    """A number of pods, or a percentage of `count`, which Kubernetes rounds up."""
    text = str(share)
    return math.ceil(int(text.removesuffix("%")) * count / 100) if text.endswith("%") else int(text)
