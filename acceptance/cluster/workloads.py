"""Deployments and StatefulSets of a namespace."""

from __future__ import annotations

from typing import Any

from acceptance.cluster.cluster import Cluster


def workloads(cluster: Cluster, namespace: str, selector: str = "") -> list[Any]:
    """The Deployments and StatefulSets of a namespace that `selector` matches."""
    found = cluster.apps.list_namespaced_deployment(namespace, label_selector=selector).items
    return [*found, *cluster.apps.list_namespaced_stateful_set(namespace, label_selector=selector).items]
