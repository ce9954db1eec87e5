"""Pods of a scenario's own: ready, restarted by their probe, and what they log."""

from __future__ import annotations

from kubernetes.client import ApiException

from acceptance.base.conditions import describe, is_ready
from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster
from acceptance.cluster.namespace import Namespace


def all_ready(namespace: Namespace, selector: str, count: int) -> dict[str, str]:
    """The nodes of `count` pods that are Ready, by pod. Raises AssertionError while there are fewer or more."""
    ready = [pod for pod in namespace.pods(selector) if is_ready(pod)]
    assert len(ready) == count, f"{len(ready)} of {count} pods Ready"
    return {pod.metadata.name: pod.spec.node_name for pod in ready}


def restarted(namespace: Namespace, name: str = "probed") -> bool:
    """Raise AssertionError while the pod's container has not been restarted."""
    pod = namespace.pod(name)
    assert pod.status.container_statuses[0].restart_count >= 1, f"no restart yet; the pod {describe(pod)}"
    return True


def three_failures(namespace: Namespace, name: str = "probed") -> list[str]:
    """The pod's events, once three failed probes are among them."""
    selector = f"involvedObject.name={name}"
    events = namespace.cluster.core.list_namespaced_event(namespace.name, field_selector=selector).items
    failures = sum(event.count or 1 for event in events if event.reason == "Unhealthy")
    assert failures >= 3, f"{failures} failed probes recorded"
    return [f"{event.reason} x{event.count or 1}: {event.message}" for event in events]


def all_lines(namespace: Namespace, name: str, count: int = 0) -> list[str]:
    """The lines of a pod's log; with `count`, raises AssertionError unless they are the numbered ones, each once."""
    text = namespace.cluster.core.read_namespaced_pod_log(name, namespace.name)
    seen = str(text).splitlines()
    wanted = [f"line {number} of {count}" for number in range(1, count + 1)]
    assert not count or seen == wanted, f"{len(seen)} of {count} lines, the last {seen[-1:]}"
    return seen


def nodes_with_logs(cluster: Cluster) -> dict[str, str]:
    """By node a pod of the system there whose log the API returned; nodes are left out where it returned none."""
    seen: dict[str, str] = {}
    for pod in cluster.core.list_pod_for_all_namespaces().items:
        name, place, node = pod.metadata.name, pod.metadata.namespace, pod.spec.node_name
        if place in SYSTEM_NAMESPACES and node not in seen and is_ready(pod):
            try:
                text = cluster.core.read_namespaced_pod_log(
                    name, place, tail_lines=1, container=pod.spec.containers[0].name
                )
            except ApiException:
                continue
            if text:
                seen[node] = name
    return seen
