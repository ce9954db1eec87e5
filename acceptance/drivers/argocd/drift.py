"""Fields and entries that the platform's objects have in the cluster but not in Git.

A diff shows only what an apply would write. An entry added to a list, or a key added to a ConfigMap, shows in no diff:
an apply leaves it in place. Source: plan 8.9.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest, differences, kubectl
from acceptance.cluster.workloads import LASTING
from acceptance.drivers.argocd import field_managers

KINDS = (*LASTING, "ConfigMap", "Service")
"""Kinds whose additions change what runs, what is reached, or how."""
NOT_COMPARED = ("CustomResourceDefinition", "Secret")
"""Kinds that are left out: one defines other kinds, the other is in no rendering."""
OF_POD = {
    "affinity", "dnsConfig", "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostUsers", "imagePullSecrets",
    "initContainers", "nodeName", "nodeSelector", "runtimeClassName", "tolerations", "topologySpreadConstraints",
    "volumes",
}  # fmt: skip
OF_CONTAINER = {
    "args", "command", "env", "envFrom", "lifecycle", "livenessProbe", "ports", "readinessProbe", "startupProbe",
    "volumeDevices", "volumeMounts", "workingDir",
}  # fmt: skip
OF_SERVICE = {"externalIPs", "externalName", "loadBalancerIP", "loadBalancerSourceRanges", "publishNotReadyAddresses"}
NEVER_BY_ITSELF = OF_POD | OF_CONTAINER | OF_SERVICE | {"paused"}
"""Fields that the API never sets by default."""


@dataclass
class Held:
    """A component's rendered objects, compared with the cluster."""

    name: str
    manifests: list[Manifest]
    differs: str = ""
    added: list[str] = field(default_factory=list)

    def hold(self, cluster: Cluster) -> None:
        """Find what an apply would change, and what it would leave in place."""
        self.differs = differences(cluster, self.manifests)
        self.added = additions(cluster, self.manifests)


def additions(cluster: Cluster, manifests: list[Manifest]) -> list[str]:
    """What was added to the existing objects of these manifests, as `KIND NAMESPACE/NAME: PATH`."""
    wanted = [item for item in manifests if item["kind"] in KINDS]
    there = as_they_are(cluster, wanted)
    return [f"{named(item)}: {text}" for item in wanted for text in added(item, there.get(named(item), item))]


def by_others(cluster: Cluster, manifests: list[Manifest]) -> list[str]:
    """Fields that were written by hand into the objects of these manifests, with their field manager.

    Pass all of the platform's manifests at once: a default in one object is recognised from the others.
    """
    wanted = [item for item in manifests if item["kind"] not in NOT_COMPARED]
    there = as_they_are(cluster, wanted, "--show-managed-fields")
    usual = field_managers.defaults(there.values())
    return [
        f"{named(item)}: {text}"
        for item in wanted
        if named(item) in there
        for text in field_managers.foreign(item, there[named(item)], usual)
    ]


def as_they_are(cluster: Cluster, wanted: list[Manifest], *options: str) -> dict[str, Manifest]:
    """The live objects of these manifests, as `named`; those that do not exist are left out."""
    if not wanted:
        return {}
    text = yaml.safe_dump_all(wanted)
    said = kubectl(cluster, "get", "--ignore-not-found", "--output", "json", *options, "--filename", "-", stdin=text)
    found = json.loads(said) if said.strip() else {}
    # kubectl prints a single object as itself, not as a list.
    return {named(item): item for item in found.get("items", [found] if found else [])}


def named(item: Manifest) -> str:
    """An object's kind, namespace and name."""
    return f"{item['kind']} {item['metadata'].get('namespace', 'default')}/{item['metadata']['name']}"


def added(wanted: Manifest, there: Manifest) -> list[str]:
    """What an existing object has that is neither in its manifest nor a default."""
    if wanted["kind"] == "ConfigMap":
        parts = [(f"{part}.{key}", key, part) for part in ("data", "binaryData") for key in there.get(part) or {}]
        return [text for text, key, part in parts if key not in (wanted.get(part) or {})]
    found = list(beyond(wanted.get("spec") or {}, there.get("spec") or {}, "spec"))
    kind = (there.get("spec") or {}).get("type", "ClusterIP")
    if wanted["kind"] == "Service" and "type" not in wanted.get("spec", {}) and kind != "ClusterIP":
        found.append(f"spec.type {kind}")
    return found


def beyond(wanted: Any, there: Any, path: str) -> Iterator[str]:
    """List entries, and fields that the API never sets by default, that `there` has and `wanted` lacks."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        for key, value in there.items():
            if key in wanted:
                yield from beyond(wanted[key], value, f"{path}.{key}")
            elif key in NEVER_BY_ITSELF and value:
                yield f"{path}.{key}"
    elif isinstance(wanted, list) and isinstance(there, list):
        keys = [key_of(item) for item in wanted]
        for item in there:
            if key_of(item) not in keys:
                yield f"{path}[{key_of(item)}]"
            else:
                yield from beyond(wanted[keys.index(key_of(item))], item, path)


def key_of(item: Any) -> str:
    """What identifies a list entry: its name, mount path, port or topology key; else the names of its fields."""
    if not isinstance(item, dict):
        return str(item)
    known = {**item, **(item.get("metadata") or {})}
    found = next(
        (known[key] for key in ("name", "mountPath", "containerPort", "port", "topologyKey") if key in known), ""
    )
    return str(found) or "+".join(sorted(item))
