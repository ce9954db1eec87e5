"""A scenario's own pods: their readiness, restarts by their probe, and logs."""

from __future__ import annotations

import functools
from typing import Any

from kubernetes.client import ApiException

from acceptance.base.conditions import describe, is_ready, not_ready
from acceptance.base.deadlines import POD_READY
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.workloads.pods import start_on_each_worker
from acceptance.infrastructure.contract import Outputs

HANGING: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "hangs-at-the-command": (("serve",), {"exec": {"command": ["/probe", "log", "0"]}}),
    "hangs-at-the-server": (("answer", "0"), {"httpGet": {"path": "/healthz", "port": 8080}}),
}
"""By pod name, what the pod runs and a liveness probe that never completes: a command, and a request to a server that
never answers. Redis and the database are probed by commands, the services by requests."""


def all_ready(namespace: Namespace, selector: str, count: int) -> dict[str, str]:
    """The nodes of the Ready pods, by pod. Raises AssertionError unless there are `count`."""
    ready = [pod for pod in namespace.pods(selector) if is_ready(pod)]
    assert len(ready) == count, f"{len(ready)} of {count} pods Ready{not_ready(namespace.pods(selector))}"
    return {pod.metadata.name: pod.spec.node_name for pod in ready}


def wait_all_ready(namespace: Namespace, selector: str, count: int) -> dict[str, str]:
    """Wait until `count` pods are Ready; return their nodes, by pod. Raises TimedOut."""
    hint = f"kubectl -n {namespace.name} get pods -o wide"
    ready = functools.partial(all_ready, namespace, selector, count)
    return eventually(ready, within=POD_READY, what=f"{count} pods to be Ready", hint=hint)


def start_on_each(namespace: Namespace, outputs: Outputs) -> list[str]:
    """Start a server pod on each worker, restarted after three failed probes; return the names once all are Ready."""
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1, "failureThreshold": 3}
    started = start_on_each_worker(namespace, outputs, "probed", container={"livenessProbe": probe})
    names = [*started.values()]
    for name in names:
        restarts = namespace.wait_ready(name).status.container_statuses[0].restart_count
        assert restarts == 0, (
            f"expected no restart of {name} in {namespace.name} before its probe fails, saw {restarts}"
        )
    return names


def start_hanging_on_each(namespace: Namespace, outputs: Outputs) -> list[str]:
    """Start pods on each worker whose probe never completes and has to fail after one second; return their names.

    They restart until they are deleted; their label says that they are a scenario's, so no check of the platform's
    pods counts them.
    """
    names = []
    for number, worker in enumerate(outputs.workers):
        for kind, (command, ask) in HANGING.items():
            probe = {**ask, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 3}
            selector = {"kubernetes.io/hostname": worker.name}
            pod = namespace.cluster.probe.pod(
                f"{kind}-{number}", *command, container={"livenessProbe": probe}, nodeSelector=selector
            )
            pod["metadata"]["labels"][SCENARIO_LABEL] = "true"
            names.append(namespace.create(pod))
    return names


def let_probes_fail(namespace: Namespace, names: list[str]) -> None:
    """Make each server answer its liveness probe with an error from now on."""
    for name in names:
        namespace.cluster.core.connect_post_namespaced_pod_proxy_with_path(f"{name}:8080", namespace.name, "unhealthy")


def restarted(namespace: Namespace, name: str) -> bool:
    """Raise AssertionError while the pod's container has not been restarted."""
    pod = namespace.pod(name)
    statuses = pod.status.container_statuses
    assert statuses and statuses[0].restart_count >= 1, f"no restart yet; pod {name} {describe(pod)}"
    return True


def three_failures(namespace: Namespace, name: str) -> list[str]:
    """The pod's events, once three failed probes are among them."""
    selector = f"involvedObject.name={name}"
    events = namespace.cluster.core.list_namespaced_event(namespace.name, field_selector=selector).items
    failures = sum(event.count or 1 for event in events if event.reason == "Unhealthy")
    assert failures >= 3, f"the events of pod {name} record {failures} failed probes, not three"
    return [f"{event.reason} x{event.count or 1}: {event.message}" for event in events]


def all_lines(namespace: Namespace, name: str, count: int) -> bool:
    """Raise AssertionError unless a pod's log consists of its numbered lines, each once."""
    seen = str(namespace.cluster.core.read_namespaced_pod_log(name, namespace.name)).splitlines()
    wanted = [f"line {number} of {count}" for number in range(1, count + 1)]
    assert seen == wanted, f"expected {count} lines in the log, saw {len(seen)}, the last one {seen[-1:]}"
    return True


def nodes_with_logs(cluster: Cluster) -> dict[str, str]:
    """A system pod of each node whose log the API returned; nodes without one are left out."""
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
