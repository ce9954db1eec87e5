"""The liveness probes of the platform's own pods: how many failures cause a restart, and whether they ever fail."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kubernetes import client

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.workloads import workloads
from acceptance.drivers.workloads.workload_health import asks_something
from acceptance.platform.access import NAMESPACE
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform
from acceptance.platform.routes import SERVICES

FAILURES = 3
"""Failed probes after which a container is restarted (criterion 2.6)."""
OTHER_FAILURES = {"yb-tserver": 6, "yb-master": 6}
"""Exceptions by label `app`: a member that catches up may be slow for a minute, and a restart would start over."""
PERIOD = 10
"""The default number of seconds between two probes."""
LATEST = 120
"""Seconds within which a container that hangs from its start on must be restarted; YugabyteDB's take 90."""
LATEST_START = 300
"""The same for a container that never comes up (startup probe); Redis has 180, to load what it had written."""
EARLIEST = 20
"""Seconds that a server has at least to read what it had written: once it holds more, each start would be its end."""
READS_AT_START = {"redis": "exec", "yb-tserver": "tcpSocket", "yb-master": "tcpSocket"}
"""By label `app`, the kind of probe that fails while a server does so."""
LATEST_END = 120
"""Seconds that a container may take to terminate before it is restarted; YugabyteDB's have 60."""
END = 30
"""The default grace period of a pod, in seconds."""
WATCHED = (NAMESPACE, "traefik", "sealed-secrets")
"""The namespaces whose containers have our probes. Upstream gives none to others, such as Argo CD's controller."""
OURS = ("traefik", "sealed-secrets")
"""The components besides the Applications whose containers have our probes."""
PROBES = {"livenessProbe": "liveness_probe", "startupProbe": "startup_probe"}
"""The probes that restart a container: their names in a manifest and in the client."""
TRIED = ("httpGet", "exec", "tcpSocket")
"""The kinds of probes that were seen to restart a container."""
ANSWER_HTTP = {*SERVICES, "traefik"}
"""By label `app`, the pods whose containers answer HTTP. A port stays open while its process hangs, so that nothing
restarts a container whose probe only opens it. YugabyteDB's ports have no better probe."""
UPSTREAM = ("kube-system", "argocd")
"""The namespaces whose pods come with probes of their own makers, or with none."""
LATEST_UPSTREAM = 180
"""Seconds within which such a probe must restart a container that hangs: Argo CD's repo-server takes 120, and CoreDNS
110, both with the time before the first probe."""
SLOW_UPSTREAM = ("cilium-agent",)
"""Containers whose makers give them longer: Cilium's agent restores a machine's network for up to ten minutes."""
DNS_SERVER = "coredns"
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
"""The containers of a control plane's static pods, which kubeadm gives probes; K3s has none of them."""
"""The name of a container there that has a liveness probe wherever kubeadm, K3s or CoreDNS' chart deploys it."""
AGAIN = 2
"""Restarts of one pod by its probe that are no accident, within the hour for which the API keeps events."""


def long_lived(pods: list[client.V1Pod]) -> list[client.V1Pod]:
    """The pods that are meant to run forever and are not a scenario's: those of Jobs end."""
    return [
        pod
        for pod in pods
        if not of_scenario(pod.metadata.labels)
        and not any(owner.kind == "Job" for owner in pod.metadata.owner_references or [])
    ]


def without_probe(pods: list[client.V1Pod]) -> list[str]:
    """The containers that no probe restarts, or not after the required number of failures, with the reason."""
    wrong = []
    for pod in long_lived(pods):
        app = (pod.metadata.labels or {}).get("app", "")
        for container in pod.spec.containers:
            probes = {name: as_rendered(getattr(container, field, None)) for name, field in PROBES.items()}
            if trouble := trouble_of(probes, app, pod.spec.termination_grace_period_seconds):
                wrong.append(f"{container.name} of {pod.metadata.name}: {trouble}")
    return wrong


def rendered_without_probe(manifests: list[Manifest]) -> list[str]:
    """Like `without_probe`, for the Deployments and StatefulSets in manifests."""
    wrong = []
    for item in (item for item in manifests if item["kind"] in ("Deployment", "StatefulSet")):
        template = item["spec"]["template"]
        ends = template["spec"].get("terminationGracePeriodSeconds")
        for container in template["spec"]["containers"]:
            if trouble := trouble_of(container, template["metadata"]["labels"].get("app", ""), ends):
                wrong.append(f"{container['name']} of {item['metadata']['name']}: {trouble}")
    return wrong


def production_without_probe(platform: Platform) -> list[str]:
    """Like `without_probe`, for what production renders. Raises AssertionError if it renders no workload."""
    rendered = [item for name in (*APPLICATIONS, *OURS) for item in platform.rendering.production(name)]
    assert any(item["kind"] in ("Deployment", "StatefulSet") for item in rendered), (
        "expected production to render workloads, saw none"
    )
    return [f"in production {text}" for text in rendered_without_probe(rendered)]


def deployed_without_probe(cluster: Cluster) -> list[str]:
    """Like `without_probe`, for the workloads in the cluster: early in a rollout, the pods are still the old ones."""
    render = client.ApiClient().sanitize_for_serialization
    found = [item for name in WATCHED for item in workloads(cluster, name)]
    mine = [item for item in found if not of_scenario(item.metadata.labels)]
    return rendered_without_probe([{**render(item), "kind": "Deployment"} for item in mine])


def as_rendered(probe: client.V1Probe | None) -> dict[str, Any] | None:
    """A probe of a running pod, with the field names of a manifest."""
    return dict(client.ApiClient().sanitize_for_serialization(probe)) if probe else None


def trouble_of(container: Mapping[str, Any], app: str, ends: int | None) -> str:
    """Why a container that hangs would not be restarted by its probes, or not in time; empty if it would.

    `ends`: the grace period of its pod in seconds.
    """
    probe, start = container.get("livenessProbe"), container.get("startupProbe")
    if not probe:
        return "no liveness probe"
    wanted = OTHER_FAILURES.get(app, FAILURES)
    if (has := probe.get("failureThreshold", FAILURES)) != wanted:
        return f"restarted after {has} failures, not {wanted}"
    if (takes := seconds_to_fail(probe)) > LATEST:
        return f"restarted only after {takes} s, expected {LATEST} s at most"
    if start and (takes := seconds_to_fail(start)) > LATEST_START:
        return f"restarted only {takes} s after a failed start, expected {LATEST_START} s at most"
    if READS_AT_START.get(app) in (start or probe) and (takes := soonest(start or probe)) < EARLIEST:
        return f"restarted {takes} s after its start if it still reads its data then, expected {EARLIEST} s at least"
    if (takes := probe.get("terminationGracePeriodSeconds") or ends or END) > LATEST_END:
        return f"it may take {takes} s to terminate before it is restarted, expected {LATEST_END} s at most"
    if host := (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("host"):
        return f"its probe checks {host} instead of the container"
    if app in ANSWER_HTTP and probe.get("tcpSocket"):
        return "its probe only opens a port, which succeeds while the process hangs"
    if not any(probe.get(kind) for kind in TRIED):
        return f"its probe is none of these: {', '.join(TRIED)}"
    command = probe.get("exec")
    if command and not asks_something(command):
        return f"its probe runs {command.get('command')}, which does not check the server"
    return ""


def seconds_to_fail(probe: Mapping[str, Any]) -> int:
    """The seconds after which a probe gives up on a container that hangs: each try takes its period or timeout."""
    tries = probe.get("failureThreshold", FAILURES)
    each = max(probe.get("periodSeconds", PERIOD), probe.get("timeoutSeconds", 1))
    return int(probe.get("initialDelaySeconds", 0) + tries * each)


def soonest(probe: Mapping[str, Any]) -> int:
    """The seconds after which a probe gives up on a container that answers at once that it is not ready."""
    tries, period = probe.get("failureThreshold", FAILURES), probe.get("periodSeconds", PERIOD)
    return int(probe.get("initialDelaySeconds", 0) + tries * period)


def platform_pods(cluster: Cluster) -> list[client.V1Pod]:
    """The pods of the services, of Traefik and of Sealed Secrets."""
    return [pod for name in WATCHED for pod in cluster.core.list_namespaced_pod(name).items]


def upstream_pods(cluster: Cluster) -> list[client.V1Pod]:
    """The pods of the cluster's own components and of Argo CD; of static pods those of the control planes."""
    pods = [pod for name in UPSTREAM for pod in cluster.core.list_namespaced_pod(name).items]
    return [pod for pod in long_lived(pods) if not is_static(pod) or pod.spec.containers[0].name in CONTROL_PLANE]


def is_static(pod: client.V1Pod) -> bool:
    """Whether a kubelet runs a pod by itself."""
    return any(item.kind == "Node" for item in pod.metadata.owner_references or [])


def upstream_too_late(pods: list[client.V1Pod]) -> list[str]:
    """The containers of such pods that their own probe would restart too late, or that need one and have none."""
    found = []
    for pod in pods:
        for container in pod.spec.containers:
            probes = [(name, as_rendered(getattr(container, field, None))) for name, field in PROBES.items()]
            late = [
                f"{name} of {container.name} of {pod.metadata.name} takes {seconds} s"
                for name, probe in probes
                if probe and (seconds := seconds_to_fail(probe)) > upstream_limit(name, container.name)
            ]
            missing = container.name in (DNS_SERVER, *CONTROL_PLANE) and not probes[0][1]
            found += [*late, *([f"{container.name} of {pod.metadata.name} has none"] if missing else [])]
    return sorted(found)


def upstream_limit(probe: str, container: str) -> float:
    """The most seconds that a probe of such a container may take to restart it."""
    # kubeadm gives its own six minutes to start, or as long as its `timeouts` say.
    if container in SLOW_UPSTREAM or (container in CONTROL_PLANE and probe != "livenessProbe"):
        return math.inf
    return LATEST_UPSTREAM if probe == "livenessProbe" else LATEST_START


def restarted_again(events: list[client.CoreV1Event], pods: list[client.V1Pod]) -> list[str]:
    """The pods, except scenarios', that their liveness probe restarted repeatedly, with the number of restarts."""
    mine = {pod.metadata.uid: f"{pod.metadata.namespace}/{pod.metadata.name}" for pod in long_lived(pods)}
    counts: dict[str, int] = {}
    for event in events:
        uid = event.involved_object.uid
        if uid in mine and "failed liveness probe" in (event.message or ""):
            counts[mine[uid]] = counts.get(mine[uid], 0) + (event.count or 1)
    return sorted(f"{pod} ({count} times)" for pod, count in counts.items() if count >= AGAIN)


def restarted_by_probes(cluster: Cluster) -> list[str]:
    """The pods in the whole cluster that their liveness probe restarted repeatedly within the last hour.

    Pods of the control plane are left out: scenarios take its machines down.
    """
    events = cluster.core.list_event_for_all_namespaces(field_selector="reason=Killing").items
    pods = cluster.core.list_pod_for_all_namespaces(label_selector="tier!=control-plane").items
    return restarted_again(events, pods)
