"""All pods but scenarios' own: as kubectl lists them, whether they are ready, and whether they ail."""

from __future__ import annotations

from typing import Any

from acceptance.base.conditions import describe, is_ready
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario

LIVENESS = "Liveness probe failed"


def platform_pods(cluster: Cluster) -> list[Any]:
    """Every pod that no scenario put there."""
    return [
        pod
        for pod in cluster.core.list_pod_for_all_namespaces().items
        if not (pod.metadata.namespace.startswith("scenario") or of_scenario(pod.metadata.labels))
    ]


def listed_as_counted(cluster: Cluster) -> str:
    """What kubectl lists. Raises AssertionError naming a pod that is listed with other figures than the API's."""
    text = cluster.kubectl("get", "pods", "--all-namespaces", "--no-headers")
    listed = {tuple(line.split()[:2]): line.split()[2] for line in text.splitlines()}
    for pod in platform_pods(cluster):
        statuses = pod.status.container_statuses or []
        wanted = f"{sum(status.ready for status in statuses)}/{len(pod.spec.containers)}"
        seen = listed.get((pod.metadata.namespace, pod.metadata.name))
        assert seen == wanted, f"{pod.metadata.name} is listed as {seen}, its containers are {wanted}"
    return text


def all_ready(cluster: Cluster) -> bool:
    """Raise AssertionError naming the pods that are not ready; those that ended well are."""
    waiting = [
        f"{pod.metadata.namespace}/{pod.metadata.name} {describe(pod)}"
        for pod in platform_pods(cluster)
        if pod.status.phase != "Succeeded" and not pod.metadata.deletion_timestamp and not is_ready(pod)
    ]
    assert not waiting, "; ".join(waiting)
    return True


def ailing(cluster: Cluster) -> dict[str, str]:
    """Pods that are ready now, and whose liveness probe has failed since their containers started."""
    started = {}
    for pod in platform_pods(cluster):
        running = [status.state.running for status in pod.status.container_statuses or [] if status.state.running]
        if running:
            started[pod.metadata.uid] = min(state.started_at for state in running)
    found = {}
    for event in cluster.core.list_event_for_all_namespaces(field_selector="reason=Unhealthy").items:
        began = started.get(event.involved_object.uid)
        last = event.last_timestamp or event.event_time
        if began and last and last > began and LIVENESS in (event.message or ""):
            found[f"{event.involved_object.namespace}/{event.involved_object.name}"] = (
                f"{event.count or 1} times, last {last:%H:%M:%S}: {event.message[:160]}"
            )
    return found
