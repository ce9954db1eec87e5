"""The liveness probes of the platform's own pods: after how many failures they restart, and whether they ever fail."""

from __future__ import annotations

from kubernetes import client

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import of_scenario
from acceptance.platform.access import NAMESPACE

FAILURES = 3
"""Criterion 2.6."""
OTHER_FAILURES = {"yb-tserver": 6, "yb-master": 6}
"""By label `app`: a member that catches up may be slow for a minute, and a restart would begin it anew."""
AGAIN = 2
"""Restarts of one pod by its probe, within the hour that the API keeps events, that are no accident."""


def long_lived(pods: list[client.V1Pod]) -> list[client.V1Pod]:
    """The pods that are to run for ever and are not a scenario's: those of jobs end."""
    return [
        pod
        for pod in pods
        if not of_scenario(pod.metadata.labels)
        and not any(owner.kind == "Job" for owner in pod.metadata.owner_references or [])
    ]


def without_probe(pods: list[client.V1Pod]) -> list[str]:
    """The containers that nothing restarts, or not after as many failures as wanted, with what they have."""
    wrong = []
    for pod in long_lived(pods):
        wanted = OTHER_FAILURES.get((pod.metadata.labels or {}).get("app", ""), FAILURES)
        for container in pod.spec.containers:
            probe = container.liveness_probe
            if not probe or probe.failure_threshold != wanted:
                has = f"{probe.failure_threshold} failures" if probe else "no liveness probe"
                wrong.append(f"{container.name} of {pod.metadata.name}: {has}, not {wanted}")
    return wrong


def rendered_without_probe(manifests: list[Manifest]) -> list[str]:
    """The same of what manifests deploy."""
    wrong = []
    for item in (item for item in manifests if item["kind"] in ("Deployment", "StatefulSet")):
        template = item["spec"]["template"]
        wanted = OTHER_FAILURES.get(template["metadata"]["labels"].get("app", ""), FAILURES)
        for container in template["spec"]["containers"]:
            has = container.get("livenessProbe", {"failureThreshold": "no"}).get("failureThreshold", FAILURES)
            if has != wanted:
                wrong.append(f"{container['name']} of {item['metadata']['name']}: {has} failures, not {wanted}")
    return wrong


def platform_pods(cluster: Cluster) -> list[client.V1Pod]:
    """The pods of the services' namespace."""
    return list(cluster.core.list_namespaced_pod(NAMESPACE).items)


def restarted_again(events: list[client.CoreV1Event], pods: list[client.V1Pod]) -> list[str]:
    """The pods, of all but scenarios, that their liveness probe restarts again and again."""
    mine = {pod.metadata.uid: f"{pod.metadata.namespace}/{pod.metadata.name}" for pod in long_lived(pods)}
    counts: dict[str, int] = {}
    for event in events:
        uid = event.involved_object.uid
        if uid in mine and "failed liveness probe" in (event.message or ""):
            counts[mine[uid]] = counts.get(mine[uid], 0) + (event.count or 1)
    return sorted(f"{pod} ({count} times)" for pod, count in counts.items() if count >= AGAIN)


def restarted_by_probes(cluster: Cluster) -> list[str]:
    """The pods of all the cluster that their probe restarted again and again within the last hour.

    Those of the control plane's machines are not among them: scenarios take these machines away.
    """
    events = cluster.core.list_event_for_all_namespaces(field_selector="reason=Killing").items
    pods = cluster.core.list_pod_for_all_namespaces(label_selector="tier!=control-plane").items
    return restarted_again(events, pods)
