"""What each control plane runs as pods: a loss is no harm while the others have all of it. Source: 2.8."""

from __future__ import annotations

from collections.abc import Iterable

from kubernetes import client

from acceptance.base.conditions import is_ready
from acceptance.cluster.cluster import Cluster

TIER = "tier=control-plane"
"""The label of kubeadm's static pods; K3s runs all of it in one process, and has none."""


def missing_components(pods: Iterable[client.V1Pod], machines: Iterable[str]) -> list[str]:
    """The components that run on some control plane, and do not run ready on another."""
    ready: dict[str, set[str]] = {}
    for pod in pods:
        there = ready.setdefault(pod.metadata.labels.get("component", pod.metadata.name), set())
        if is_ready(pod):
            there.add(pod.spec.node_name)
    every = [*machines]
    return sorted(f"{name} on {machine}" for name, there in ready.items() for machine in every if machine not in there)


def all_complete(cluster: Cluster) -> bool:
    """Whether each control plane runs what the others run. Raises AssertionError naming what does not."""
    pods = cluster.core.list_namespaced_pod("kube-system", label_selector=TIER).items
    missing = missing_components(pods, [machine.name for machine in cluster.outputs.control_planes])
    assert not missing, f"not ready: {', '.join(missing)}"
    return True
