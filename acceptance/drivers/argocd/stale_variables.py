"""What Argo CD's processes were started with and what their settings say now. Source: 3.6, 13.1.

A process reads its variables once. A setting that was changed since counts from the next start on, which may be at
night: a cache whose Secret has another password by then answers nobody. One that was taken back still counts.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import objects_of
from acceptance.platform.application_status import ARGOCD

FIELDS = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
"""The fields of a variable that take its value from an object, and that object's kind."""
Source = tuple[str, str, str]
"""Kind and name of an object, and a key of its data."""


def stale(cluster: Cluster) -> list[str]:
    """The pods of Argo CD that run with another value than their ConfigMaps and Secrets have now, in words.

    Attached clusters are left out: the suite neither reads Secrets there nor runs commands in pods.
    """
    if cluster.is_attached:
        return []
    pods = [pod for pod in objects_of(cluster, ARGOCD, ["Pod"]) if is_running(pod)]
    assert pods, f"expected running pods of Argo CD, saw none. Try: kubectl -n {ARGOCD} get pods"
    values = values_of(cluster)
    return [
        text for pod in pods for container in pod["spec"]["containers"] for text in of(cluster, pod, container, values)
    ]


def is_running(pod: Manifest) -> bool:
    """Whether a pod runs and is not being deleted."""
    return pod.get("status", {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")


def values_of(cluster: Cluster) -> dict[Source, str]:
    """The SHA-256 of each value in the ConfigMaps and Secrets of Argo CD's namespace."""
    maps = cluster.core.list_namespaced_config_map(ARGOCD).items
    found = {
        ("ConfigMap", item.metadata.name, key): digest(text.encode())
        for item in maps
        for key, text in (item.data or {}).items()
    }
    for item in cluster.core.list_namespaced_secret(ARGOCD).items:
        for key, text in (item.data or {}).items():
            found["Secret", item.metadata.name, key] = digest(base64.b64decode(text))
    return found


def digest(value: bytes) -> str:
    """The SHA-256 of a value: a Secret's own value is in no message and no command's output."""
    return hashlib.sha256(value).hexdigest()


def taken(container: Manifest) -> dict[str, Source]:
    """Where a container's variables come from, by name; the last of several entries counts."""
    found: dict[str, Source | None] = {}
    for item in container.get("env") or []:
        given = item.get("valueFrom") or {}
        sources = [
            (kind, given[field]["name"], given[field]["key"]) for field, kind in FIELDS.items() if field in given
        ]
        found[item["name"]] = sources[0] if sources else None
    return {name: source for name, source in found.items() if source}


def of(cluster: Cluster, pod: Manifest, container: Manifest, values: Mapping[Source, str]) -> Iterator[str]:
    """The variables of a container's process that their objects have another value for, in words."""
    sources = taken(container)
    if not sources:
        return
    script = "; ".join(f'printf %s "${{{name}-}}" | sha256sum' for name in sources)
    place = ("-n", ARGOCD, "exec", pod["metadata"]["name"], "-c", container["name"])
    seen = cluster.kubectl(*place, "--", "sh", "-c", script).splitlines()
    for (name, source), line in zip(sources.items(), seen, strict=True):
        # A key that is not there is an empty value to a process.
        if line.split()[0] != values.get(source, digest(b"")):
            kind, called, key = source
            yield f"{pod['metadata']['name']} was started with another {name} than {key} of {kind} {called} is now"
