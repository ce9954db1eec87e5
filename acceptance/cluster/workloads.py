"""What starts pods in a namespace: workloads, the pods that they start, and the variables they use."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest

LISTS = {
    "ConfigMap": ("core", "config_map"),
    "CronJob": ("batch", "cron_job"),
    "DaemonSet": ("apps", "daemon_set"),
    "Deployment": ("apps", "deployment"),
    "Job": ("batch", "job"),
    "Pod": ("core", "pod"),
    "ReplicaSet": ("apps", "replica_set"),
    "StatefulSet": ("apps", "stateful_set"),
}
"""The API and the name by which the Kubernetes client lists objects of a kind."""
LASTING = ("Deployment", "StatefulSet", "DaemonSet")
"""The kinds whose pods are to run for good."""


def objects_of(cluster: Cluster, namespace: str, kinds: Iterable[str], selector: str = "") -> list[Manifest]:
    """The objects of some kinds (of LISTS) in a namespace that `selector` matches, as manifests with their kinds."""
    found = []
    for kind in kinds:
        api, name = LISTS[kind]
        listed = getattr(getattr(cluster, api), f"list_namespaced_{name}")(namespace, label_selector=selector).items
        found += [{"kind": kind, **cluster.api.sanitize_for_serialization(item)} for item in listed]
    return found


def pod_of(workload: Manifest) -> Manifest:
    """The metadata and spec of the pods that a workload starts, or a pod itself; empty for other objects."""
    spec = workload.get("spec") or {}
    if workload.get("kind") == "Pod" or "containers" in spec:
        return workload
    return dict((spec.get("jobTemplate") or {"spec": spec})["spec"].get("template") or {})


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
