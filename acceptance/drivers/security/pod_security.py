"""Pod security: which pods each API server admits, what namespaces enforce, and which pods hold an API token."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from kubernetes import client

from acceptance.base.conditions import as_json
from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.cluster.probe import Probe
from acceptance.drivers.cluster.api_servers import ask
from acceptance.infrastructure.contract import Machine
from acceptance.platform.access import NAMESPACE

STANDARD = "pod-security.kubernetes.io"
NOT_RESTRICTED = {
    **dict.fromkeys(SYSTEM_NAMESPACES, "what runs the nodes needs the nodes"),
    "kube-public": "no pods run there",
    "kube-node-lease": "no pods run there",
    NAMESPACE: "the plan enforces baseline there",
}
"""Namespaces that need not enforce the restricted standard, each with the reason."""
OF_PLATFORM = (NAMESPACE, "argocd", "sealed-secrets", "traefik")
"""The namespaces of the platform on every cluster."""
OLDEST = (1, 25)
"""The oldest version of the standards that may be enforced: Pod Security Admission is stable since 1.25."""
SERVICES = ("auth-service", "backend-service", "frontend-service", "redis")
"""Workloads in the services' namespace that do not call the API."""
CALLS_THE_API = {
    (NAMESPACE, "yb-tserver"): "Patroni keeps its state in the API",
    ("traefik", "traefik"): "it reads its routes there",
    ("sealed-secrets", ""): "the controller writes Secrets",
    ("argocd", ""): "Argo CD deploys",
}
"""Pods that may hold an API token, by namespace and label `app` (empty: every pod there), with the reason."""
CAPABLE = {"capabilities": {"add": ["SYS_ADMIN"]}}
DANGEROUS: dict[str, dict[str, Any]] = {
    "privileged": {"container": {"securityContext": {"privileged": True}}},
    "with the rights of root": {"container": {"securityContext": CAPABLE}},
    "without a filter for system calls": {"container": {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}},
    "on a port of the node": {"container": {"ports": [{"containerPort": 8080, "hostPort": 8088}]}},
    "on the node's network": {"hostNetwork": True},
    "with the node's processes": {"hostPID": True},
    "with the node's shared memory": {"hostIPC": True},
    "with the node's files": {"volumes": [{"name": "node", "hostPath": {"path": "/"}}]},
    "with settings of the node's kernel": {"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}},
}  # fmt: skip
"""What the standard `baseline` forbids, in the spec of a probe pod. Source: Kubernetes, Pod Security Standards."""


def dangerous_pods(probe: Probe) -> dict[str, dict[str, Any]]:
    """A pod for each danger, by name; where a container is dangerous, a second pod with it as its init container."""
    pods, texts = {}, list(DANGEROUS.items())
    for number, (_, spec) in enumerate(texts):
        pod = probe.pod(f"bad-{number}", **copy.deepcopy(spec))
        pods[f"bad-{number}"] = pod
        if "container" in spec:
            second = copy.deepcopy(pod)
            second["metadata"]["name"] = f"bad-{number}-init"
            second["spec"]["initContainers"] = [{**second["spec"]["containers"][0], "name": "first"}]
            second["spec"]["containers"] = probe.pod("good")["spec"]["containers"]
            pods[f"bad-{number}-init"] = second
    return pods


def danger_of(name: str) -> str:
    """What makes a pod of `dangerous_pods` dangerous."""
    return list(DANGEROUS)[int(name.split("-")[1])]


ADMITTED, REFUSED, UNCLEAR = "admitted", "refused", "neither admitted nor refused"


def answers(cluster: Cluster, machine: Machine, namespace: str, pods: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Whether a machine's API server admits or refuses each pod, by name. Nothing is created.

    A pod that is refused for a reason other than pod security is UNCLEAR.
    """
    items = [{**pod, "metadata": {**pod["metadata"], "namespace": namespace}} for pod in pods.values()]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    said = ask(cluster, machine, "create", "--dry-run=server", "--filename", "-", stdin=text, check=False)
    return {name: answer(said, name) for name in pods}


def answer(said: str, name: str) -> str:
    """What kubectl's output says about one pod: ADMITTED, REFUSED or UNCLEAR."""
    if f'pods "{name}" is forbidden: violates PodSecurity' in said:
        return REFUSED
    return ADMITTED if f"pod/{name} created" in said else UNCLEAR


def refusal(cluster: Cluster, namespace: str, pod: dict[str, Any]) -> str:
    """Why the API would reject a pod; empty if it would admit it. Nothing is created."""
    try:
        cluster.core.create_namespaced_pod(namespace, pod, dry_run="All")
    except client.ApiException as error:
        message = str(as_json(error.body)["message"])
        # A namespace that a concurrent scenario is deleting admits nothing either.
        if error.status != 403 or not ("violates PodSecurity" in message or "being terminated" in message):
            raise
        return message
    return ""


def answers_by_server(cluster: Cluster, servers: list[Machine]) -> dict[str, dict[str, str]]:
    """Whether each API server admits a good pod and all dangerous ones in the services' namespace.

    Where the machines are out of reach, the cluster's API address is asked instead.
    """
    pods = {"good": cluster.probe.pod("good"), **dangerous_pods(cluster.probe)}
    if not cluster.is_attached:
        return {server.name: answers(cluster, server, NAMESPACE, pods) for server in servers}
    refused = {name: refusal(cluster, NAMESPACE, pod) for name, pod in pods.items()}
    return {"the API": {name: REFUSED if text else ADMITTED for name, text in refused.items()}}


def misjudged(seen: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """The wrong answers of each API server: a good pod not admitted, a dangerous one not refused."""
    wrong = {
        server: [
            f"a pod {danger_of(name)}: {said}" if name != "good" else f"a pod that asks for nothing: {said}"
            for name, said in answers.items()
            if said != (ADMITTED if name == "good" else REFUSED)
        ]
        for server, answers in seen.items()
    }
    return {server: texts for server, texts in wrong.items() if texts}


def standards(cluster: Cluster, namespace: str) -> dict[str, str]:
    """The pod security levels of a namespace, by mode (enforce, warn, audit)."""
    labels = cluster.core.read_namespace(namespace).metadata.labels or {}
    return {key.removeprefix(f"{STANDARD}/"): value for key, value in labels.items() if key.startswith(STANDARD)}


def old_standards(cluster: Cluster, namespaces: list[str]) -> dict[str, str]:
    """The namespaces that enforce their level as an old version of Kubernetes had it, in words.

    Without a version, the latest applies. Of somebody else's cluster only the platform's namespaces are judged.
    """
    judged = [name for name in namespaces if not cluster.is_attached or name in OF_PLATFORM]
    pinned = {name: standards(cluster, name).get("enforce-version", "latest") for name in judged}
    return {name: f"enforces its standard as of {version}" for name, version in pinned.items() if is_old(version)}


def is_old(version: str) -> bool:
    """Whether a version of the standards lacks what those of OLDEST forbid; one that nobody can read counts as old."""
    found = re.fullmatch(r"v(\d+)\.(\d+)", version)
    return version != "latest" and (found is None or (int(found[1]), int(found[2])) < OLDEST)


def platform_namespaces(cluster: Cluster) -> list[str]:
    """All namespaces except those in NOT_RESTRICTED, scenarios', and those being deleted."""
    items = [item for item in cluster.core.list_namespace().items if not item.metadata.deletion_timestamp]
    names = [item.metadata.name for item in items if not of_scenario(item.metadata.labels)]
    return sorted(set(names) - set(NOT_RESTRICTED))


def complaints(cluster: Cluster, namespace: str) -> str:
    """The API's warnings about a namespace's pods if it enforced the restricted standard; empty if there are none."""
    body = {"metadata": {"labels": {f"{STANDARD}/enforce": "restricted"}}}
    _, _, headers = cluster.core.patch_namespace_with_http_info(namespace, body, dry_run="All")
    return str(headers.get("Warning", ""))


def admit_root(cluster: Cluster, namespaces: list[str]) -> list[str]:
    """The namespaces that would admit a pod that may run as root."""
    bad = cluster.probe.pod("bad", container={"securityContext": {}})
    return [name for name in namespaces if not refusal(cluster, name, copy.deepcopy(bad))]


def weak_namespaces(cluster: Cluster, namespaces: list[str]) -> dict[str, str]:
    """What is weak about these namespaces, and about the version that the services' own enforces, in words."""
    root = dict.fromkeys(admit_root(cluster, namespaces), "admits a pod that may run as root")
    return root | old_standards(cluster, [*namespaces, NAMESPACE])


def account_tokens(cluster: Cluster) -> list[str]:
    """The Secrets that hold a ServiceAccount token; such tokens never expire."""
    selector = "type=kubernetes.io/service-account-token"
    items = cluster.core.list_secret_for_all_namespaces(field_selector=selector).items
    return [f"{item.metadata.namespace}/{item.metadata.name}" for item in items]


def lacking(pods: list[client.V1Pod]) -> list[str]:
    """The services without a pod among `pods`: nothing is proven about them."""
    there = {(pod.metadata.labels or {}).get("app") for pod in pods if pod.metadata.namespace == NAMESPACE}
    return sorted(set(SERVICES) - there)


def platform_pods(cluster: Cluster) -> list[client.V1Pod]:
    """All pods outside the system's namespaces. Raises AssertionError unless each service has some."""
    pods = cluster.core.list_pod_for_all_namespaces().items
    found = [pod for pod in pods if pod.metadata.namespace not in SYSTEM_NAMESPACES]
    none_of = lacking(found)
    assert not none_of, (
        f"expected pods of each service, saw none of {none_of}. Try: kubectl get pods -l app={none_of[0]}"
    )
    return found


def has_token(pod: client.V1Pod) -> bool:
    """Whether a pod has an API token, wherever it is mounted."""
    return any(
        source.service_account_token
        for volume in pod.spec.volumes or []
        if volume.projected
        for source in volume.projected.sources or []
    )


def may_hold_token(pod: client.V1Pod) -> bool:
    """Whether a pod is one of those that call the API."""
    app = (pod.metadata.labels or {}).get("app", "")
    return bool({(pod.metadata.namespace, app), (pod.metadata.namespace, "")} & set(CALLS_THE_API))


def needless_tokens(pods: list[client.V1Pod]) -> list[str]:
    """The pods that have an API token, except those that call the API and scenarios'."""
    others = [pod for pod in pods if not of_scenario(pod.metadata.labels) and not may_hold_token(pod)]
    return [f"{pod.metadata.namespace}/{pod.metadata.name}" for pod in others if has_token(pod)]
