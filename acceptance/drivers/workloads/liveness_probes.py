"""The liveness probes of the platform's own pods: after how many failures they restart, and whether they ever fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubernetes import client

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.workloads import workloads
from acceptance.drivers.workloads.workload_health import asks_something
from acceptance.platform.access import NAMESPACE

FAILURES = 3
"""Criterion 2.6."""
OTHER_FAILURES = {"yb-tserver": 6, "yb-master": 6}
"""By label `app`: a member that catches up may be slow for a minute, and a restart would begin it anew."""
PERIOD = 10
"""The default number of seconds between two probes."""
LATEST = 120
"""Seconds after its start within which a container that hangs from then on is to be restarted; YugabyteDB's take 90."""
LATEST_START = 300
"""The same of one that never comes up (its startup probe); Redis has 180, to read what it had written."""
LATEST_END = 120
"""Seconds that a container which is to be restarted may take to end; YugabyteDB's have 60."""
END = 30
"""The default grace period of a pod, in seconds."""
WATCHED = (NAMESPACE, "traefik", "sealed-secrets")
"""The namespaces whose containers have probes of ours; upstream gives Argo CD's controller and others none."""
PROBES = {"livenessProbe": "liveness_probe", "startupProbe": "startup_probe"}
"""What a manifest and the client call the probes that restart a container."""
TRIED = ("httpGet", "exec", "tcpSocket")
"""The kinds of probes that were seen to restart a container; a connection is a part of what `httpGet` does."""
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
        app = (pod.metadata.labels or {}).get("app", "")
        for container in pod.spec.containers:
            probes = {name: as_rendered(getattr(container, field, None)) for name, field in PROBES.items()}
            if trouble := trouble_of(probes, app, pod.spec.termination_grace_period_seconds):
                wrong.append(f"{container.name} of {pod.metadata.name}: {trouble}")
    return wrong


def rendered_without_probe(manifests: list[Manifest]) -> list[str]:
    """The same of what manifests deploy."""
    wrong = []
    for item in (item for item in manifests if item["kind"] in ("Deployment", "StatefulSet")):
        template = item["spec"]["template"]
        ends = template["spec"].get("terminationGracePeriodSeconds")
        for container in template["spec"]["containers"]:
            if trouble := trouble_of(container, template["metadata"]["labels"].get("app", ""), ends):
                wrong.append(f"{container['name']} of {item['metadata']['name']}: {trouble}")
    return wrong


def deployed_without_probe(cluster: Cluster) -> list[str]:
    """The same of what is deployed in the cluster: pods of a rollout that has only begun are still the earlier ones."""
    render = client.ApiClient().sanitize_for_serialization
    found = [item for name in WATCHED for item in workloads(cluster, name)]
    mine = [item for item in found if not of_scenario(item.metadata.labels)]
    return rendered_without_probe([{**render(item), "kind": "Deployment"} for item in mine])


def as_rendered(probe: client.V1Probe | None) -> dict[str, Any] | None:
    """A probe of a running pod, under the names of a manifest."""
    return dict(client.ApiClient().sanitize_for_serialization(probe)) if probe else None


def trouble_of(container: Mapping[str, Any], app: str, ends: int | None) -> str:
    """Why a container that hangs would not be restarted by its probes, or not in time; nothing if it would.

    `ends`: the seconds that its pod has to end.
    """
    probe, start = container.get("livenessProbe"), container.get("startupProbe")
    if not probe:
        return "no liveness probe"
    wanted = OTHER_FAILURES.get(app, FAILURES)
    if (has := probe.get("failureThreshold", FAILURES)) != wanted:
        return f"{has} failures, not {wanted}"
    if (takes := seconds_to_fail(probe)) > LATEST:
        return f"restarted after {takes} s only, not {LATEST}"
    if start and (takes := seconds_to_fail(start)) > LATEST_START:
        return f"restarted {takes} s after a start that fails, not {LATEST_START}"
    if (takes := probe.get("terminationGracePeriodSeconds") or ends or END) > LATEST_END:
        return f"it may take {takes} s to end before it is restarted, not {LATEST_END}"
    if host := (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("host"):
        return f"its probe asks {host}, and not the container"
    if not any(probe.get(kind) for kind in TRIED):
        return f"its probe is none of {', '.join(TRIED)}"
    command = probe.get("exec")
    if command and not asks_something(command):
        return f"its probe runs {command.get('command')}, which asks nobody"
    return ""


def seconds_to_fail(probe: Mapping[str, Any]) -> int:
    """After how many seconds a probe gives up on a container that hangs: each try takes as long as its time-out."""
    tries = probe.get("failureThreshold", FAILURES)
    each = max(probe.get("periodSeconds", PERIOD), probe.get("timeoutSeconds", 1))
    return int(probe.get("initialDelaySeconds", 0) + tries * each)


def platform_pods(cluster: Cluster) -> list[client.V1Pod]:
    """The pods of the services, of Traefik and of Sealed Secrets."""
    return [pod for name in WATCHED for pod in cluster.core.list_namespaced_pod(name).items]


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
