"""Deployments and StatefulSets of a namespace, and the variables they use."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from acceptance.cluster.cluster import Cluster


def workloads(cluster: Cluster, namespace: str, selector: str = "") -> list[Any]:
    """The Deployments and StatefulSets of a namespace that `selector` matches."""
    found = cluster.apps.list_namespaced_deployment(namespace, label_selector=selector).items
    return [*found, *cluster.apps.list_namespaced_stateful_set(namespace, label_selector=selector).items]


def taking(found: Iterable[Any], names: Collection[str]) -> list[Any]:
    """The workloads whose containers use a variable with one of these names."""
    return [
        item
        for item in found
        if any(variable.name in names for part in item.spec.template.spec.containers for variable in part.env or [])
    ]
