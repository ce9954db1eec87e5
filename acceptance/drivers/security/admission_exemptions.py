"""Exemptions from pod security: for accounts that create pods, and in the settings of API servers. Source: plan 27.10.

Nearly all pods are created by controllers, and each API server makes exceptions by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster
from acceptance.drivers.cluster.cis_benchmark import facts
from acceptance.drivers.cluster.cis_checks import API
from acceptance.drivers.security.pod_security import ADMITTED, DANGEROUS, REFUSED, UNCLEAR
from acceptance.infrastructure.contract import Machine
from acceptance.platform.access import NAMESPACE
from acceptance.platform.application_status import ARGOCD

SYSTEM = "system:serviceaccount:kube-system:"
CREATE_PODS = (
    *(f"{SYSTEM}{name}-controller" for name in ("daemon-set", "job", "replicaset", "replication", "statefulset")),
    f"{SYSTEM}persistent-volume-binder",
    f"system:serviceaccount:{ARGOCD}:argocd-application-controller",
)
"""The accounts that may create pods in the services' namespace: those of workloads, of volumes, and Argo CD's.

Source: Kubernetes' ClusterRoles system:controller:*.
"""
TRIED = ("privileged", "with the node's processes", "with the node's files")
CREDENTIALS = "/etc/kubernetes/pki/apiserver-kubelet-client"
"""Certificate and key of an administrator on a control plane of kubeadm, without their endings."""
EXEMPTED = ("usernames", "runtimeClasses", "namespaces")
PLUGIN = "PodSecurity"


def request(machine: Machine, user: str, pod: Mapping[str, Any]) -> str:
    """A dry run that creates a pod as a user, in the form of curl's configuration; its answer is one line of JSON."""
    url = f"https://{machine.address}:6443/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All&pretty=false"
    options = {
        "url": url, "cert": f"{CREDENTIALS}.crt", "key": f"{CREDENTIALS}.key", "max-time": "20",
        "data": json.dumps(pod),
    }  # fmt: skip
    headers = [f"Impersonate-User: {user}", "Content-Type: application/json"]
    lines = [f"{name} = {json.dumps(value)}" for name, value in options.items()]
    lines += [f"header = {json.dumps(header)}" for header in headers]
    return "\n".join([*lines, 'write-out = "\\n"', "insecure", "silent"])


def answer(line: str) -> str:
    """What the API's answer to a dry run says: ADMITTED, REFUSED by pod security, or UNCLEAR."""
    try:
        said = json.loads(line)
    except ValueError:
        return UNCLEAR
    if said.get("kind") == "Pod":
        return ADMITTED
    refused = said.get("code") == 403 and "violates PodSecurity" in said.get("message", "")
    return REFUSED if refused else UNCLEAR


def asked_of(cluster: Cluster, machine: Machine) -> dict[tuple[str, str], str]:
    """What one API server answers to each account in CREATE_PODS for each pod in TRIED, by account and danger.

    One curl sends all. Raises AssertionError if the server refused or admitted nothing, which proves nothing.
    """
    pairs = [(user, danger) for user in CREATE_PODS for danger in TRIED]
    pods = {danger: cluster.probe.pod("bad", **DANGEROUS[danger]) for danger in TRIED}
    text = "\nnext\n".join(request(machine, user, pods[danger]) for user, danger in pairs)
    command = 'printf %s "$1" | curl --config -'
    said = cluster.on_node(machine.name, "sh", "-c", command, "sh", text, check=False)
    lines = [line for line in said.splitlines() if line.strip()]
    seen = dict(zip(pairs, map(answer, lines), strict=False))
    assert {*seen.values()} & {ADMITTED, REFUSED}, (
        f"expected the API server of {machine.name} to refuse dangerous pods of controllers, saw {said[:300]!r}"
    )
    return seen


def admitted_for_workloads(cluster: Cluster, servers: Iterable[Machine]) -> dict[str, list[str]]:
    """The dangers of pods that an API server admits from an account that creates pods, by account and server."""
    found: dict[str, list[str]] = {}
    for server in servers:
        for (user, danger), said in asked_of(cluster, server).items():
            if said == ADMITTED:
                found.setdefault(f"{user.rpartition(':')[2]} at {server.name}", []).append(danger)
    return found


def exemptions(configuration: Mapping[str, Any]) -> list[str]:
    """Who is exempt from pod security outside the system's namespaces, by its part of an AdmissionConfiguration."""
    exempt = configuration.get("exemptions") or {}
    named = {what: {*(exempt.get(what) or [])} for what in EXEMPTED}
    named["namespaces"] -= {*SYSTEM_NAMESPACES}
    return [f"{what}: {', '.join(sorted(names))}" for what, names in named.items() if names]


def exempt_by_settings(cluster: Cluster, servers: Iterable[Machine]) -> dict[str, list[str]]:
    """Who is exempt from pod security by the file that an API server reads its admission settings from, by server."""
    started = facts(cluster)[API]
    found = {}
    for server in servers:
        path = started.get(server.name, {}).get("admission-control-config-file")
        found[server.name] = exempt_in(cluster, server, str(path)) if path else []
    return {name: texts for name, texts in found.items() if texts}


def exempt_in(cluster: Cluster, server: Machine, path: str) -> list[str]:
    """Who is exempt by an AdmissionConfiguration on a machine, or by the file that it names for pod security."""
    plugins = (yaml.safe_load(cluster.on_node(server.name, "cat", path)) or {}).get("plugins") or []
    found = []
    for item in (item for item in plugins if item.get("name") == PLUGIN):
        found += exemptions(item.get("configuration") or {})
        if item.get("path"):
            folder = "" if item["path"].startswith("/") else f"{path.rpartition('/')[0]}/"
            found += exemptions(yaml.safe_load(cluster.on_node(server.name, "cat", f"{folder}{item['path']}")) or {})
    return found
