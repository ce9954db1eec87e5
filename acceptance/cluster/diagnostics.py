"""What is recorded of a failure: pods, events and logs from the time of the scenario."""

from __future__ import annotations

import re
import time

from kubernetes import client

from acceptance.base.conditions import describe, is_ready
from acceptance.base.waiting import in_words
from acceptance.cluster.cluster import Cluster

LOG_LINES = 40
"""Lines shown of a pod's log; five times as many for a pod that the failure's hint names."""
DIAGNOSTICS_SECONDS = 15
NAMESPACES = re.compile(r"-n ([a-z0-9-]+)")
APPS = re.compile(r"-l '?app=([a-z0-9-]+)")


def diagnostics(cluster: Cluster, since: float, reason: str) -> dict[str, str]:
    """Events, pods and logs since `since` (Unix time) for a failure, bounded in size and time.

    Logs come from the pods that commands in `reason` name, from scenarios' pods, and from pods that are not ready.
    """
    began = time.monotonic()
    found: dict[str, str] = {}
    timeout = 3
    namespaces, apps = set(NAMESPACES.findall(reason)), set(APPS.findall(reason))

    def is_named(pod: client.V1Pod) -> bool:
        return pod.metadata.namespace in namespaces or (pod.metadata.labels or {}).get("app") in apps

    def is_of_interest(pod: client.V1Pod) -> bool:
        return is_named(pod) or pod.metadata.namespace.startswith("scenario") or not is_ready(pod)

    try:
        pods = cluster.core.list_pod_for_all_namespaces(_request_timeout=timeout).items
        found["pods"] = "\n".join(
            f"{p.metadata.namespace}/{p.metadata.name} {p.spec.node_name} {describe(p)}" for p in pods
        )
        events = cluster.core.list_event_for_all_namespaces(_request_timeout=timeout).items
        recent = sorted((e for e in events if happened(e) >= since - 5), key=happened)
        found["events"] = "\n".join(
            f"{time.strftime('%H:%M:%S', time.gmtime(happened(e)))} {e.type} "
            f"{e.involved_object.kind}/{e.involved_object.name}: {e.reason} {e.message}"
            for e in recent[-100:]
        )
        for pod in sorted(filter(is_of_interest, pods), key=is_named, reverse=True):
            if time.monotonic() - began > DIAGNOSTICS_SECONDS:
                break
            lines = 5 * LOG_LINES if is_named(pod) else LOG_LINES
            found[f"log of {pod.metadata.namespace}/{pod.metadata.name}"] = log_of(cluster, pod, lines, timeout)
    except Exception as error:
        found["diagnostics broke off"] = f"{type(error).__name__}: {error}"
    return found


def happened(event: client.CoreV1Event) -> float:
    """When an event last happened (Unix time)."""
    moment = event.last_timestamp or event.event_time or event.metadata.creation_timestamp
    return float(moment.timestamp())


def log_of(cluster: Cluster, pod: client.V1Pod, lines: int, timeout: float) -> str:
    """The last lines of a pod's log, or why there are none: its container may not have started."""
    name, namespace = pod.metadata.name, pod.metadata.namespace
    try:
        return str(cluster.core.read_namespaced_pod_log(name, namespace, tail_lines=lines, _request_timeout=timeout))
    except client.ApiException as error:
        return in_words(error)
