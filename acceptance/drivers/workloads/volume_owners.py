"""Whether pods may write to their claimed volumes, here and in production. Source: 6.2, 7.2.

A new disk belongs to root. Folders that stand in for disks here are open to everybody, so that nothing else tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.labels import NAME_LABEL
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import LASTING, pod_of, workloads
from acceptance.platform.access import NAMESPACE
from acceptance.platform.platform import Platform


def barred_everywhere(platform: Platform, name: str) -> list[str]:
    """What `barred` finds of an Application, as it runs here and as production renders it, in words."""
    found = workloads(platform.cluster, NAMESPACE, f"{NAME_LABEL}={name}")
    listed: list[Manifest] = platform.cluster.api.sanitize_for_serialization(found)
    # In a list the API omits the kind; both of these kinds may have claims.
    here = barred({**item, "kind": "StatefulSet"} for item in listed)
    return here + [f"in production {text}" for text in barred(platform.rendering.production(name))]


def barred(objects: Iterable[Manifest]) -> list[str]:
    """The workloads whose pods run as another user than root and have no fsGroup, by which a claim is theirs, in words.

    Raises AssertionError if none of the objects has a claim.
    """
    claiming = [item for item in objects if item["kind"] in LASTING and mounted(item)]
    assert claiming, "expected a workload with a claimed volume, saw none"
    return [
        f"{item['metadata']['name']} runs as another user than root, and has no fsGroup for its volume"
        for item in claiming
        if "fsGroup" not in (pod_of(item)["spec"].get("securityContext") or {}) and not owned_by_root(item)
    ]


def mounted(workload: Manifest) -> list[Mapping[str, Any]]:
    """The containers of a workload that mount a claim, those that prepare its pods among them."""
    spec = pod_of(workload)["spec"]
    claims = {item["metadata"]["name"] for item in workload["spec"].get("volumeClaimTemplates") or []}
    claims |= {item["name"] for item in spec.get("volumes") or [] if "persistentVolumeClaim" in item}
    parts = [*(spec.get("initContainers") or []), *spec["containers"]]
    return [part for part in parts if any(mount["name"] in claims for mount in part.get("volumeMounts") or [])]


def owned_by_root(workload: Manifest) -> bool:
    """Whether a container that mounts a claim runs as root, and so may give it away, or as nobody knows whom."""
    general = pod_of(workload)["spec"].get("securityContext") or {}
    users = [{**general, **(part.get("securityContext") or {})} for part in mounted(workload)]
    return any(not user.get("runAsUser") and not user.get("runAsNonRoot") for user in users)
