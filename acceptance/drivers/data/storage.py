"""Claims on every worker, and the disks of their volumes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kubernetes import client, utils

from acceptance.base.labels import HOSTNAME, NAME_LABEL
from acceptance.clients.docker import docker
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.probe import Probe, pod_spec
from acceptance.infrastructure.contract import Outputs

CLAIM_QUOTAS = ("persistentvolumeclaims", "requests.storage")
"""Suffixes of the quota resources that count a new claim."""
PROBE_USER = 65532
"""The UID and GID of the probe's image (images/probe/Dockerfile)."""


def claim(name: str, storage_class: str | None = None) -> dict[str, Any]:
    """A PersistentVolumeClaim of 1 MiB; without a class, of the default class."""
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def writer(probe: Probe, name: str, texts: dict[str, str], node: str) -> dict[str, Any]:
    """A pod on `node` with a container for each claim in `texts`, which writes the text to the claim's volume."""
    containers = [
        probe.container("write", "/data/marker", text, volumeMounts=[{"name": key, "mountPath": "/data"}])
        | {"name": key}
        for key, text in texts.items()
    ]
    volumes = [{"name": key, "persistentVolumeClaim": {"claimName": key}} for key in texts]
    # A new disk belongs to root until the kubelet assigns it to the group.
    group = {"fsGroup": PROBE_USER, "fsGroupChangePolicy": "OnRootMismatch"}
    spec = pod_spec(*containers, volumes=volumes, nodeSelector={HOSTNAME: node}, securityContext=group)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def bound(namespace: Namespace, name: str) -> Any:
    """A claim. Raises AssertionError unless it is Bound."""
    seen = namespace.cluster.core.read_namespaced_persistent_volume_claim(name, namespace.name)
    assert seen.status.phase == "Bound", f"claim {name} in {namespace.name} is {seen.status.phase}"
    return seen


def classes_named(cluster: Cluster, manifests: list[Manifest]) -> list[str]:
    """The storage classes in the platform's claims and in its manifests."""
    claims = [
        item.spec.storage_class_name
        for item in cluster.core.list_persistent_volume_claim_for_all_namespaces().items
        if not item.metadata.namespace.startswith("scenario")
    ]
    sets = [item["spec"] for item in manifests if item["kind"] == "StatefulSet"]
    templates = [template for item in sets for template in item.get("volumeClaimTemplates", [])]
    claims += [template["spec"].get("storageClassName") for template in templates]
    return sorted({name for name in claims if name})


def claim_each(namespace: Namespace, classes: list[str], node: str) -> list[str]:
    """Create a claim of each class, and a pod on a machine that uses them; return the claims' names."""
    names = {f"of-class-{number}": name for number, name in enumerate(classes)}
    for name, storage_class in names.items():
        namespace.create(claim(name, storage_class))
    namespace.create(writer(namespace.cluster.probe, "of-each-class", dict.fromkeys(names, "text"), node))
    return [*names]


def used_up(quotas: list[client.V1ResourceQuota]) -> list[str]:
    """The quotas that leave no room for another claim, in words."""
    limits = [
        (item.metadata.name, key, hard, (item.status.used or {}).get(key, "0"))
        for item in quotas
        for key, hard in ((item.status and item.status.hard) or {}).items()
        if key.endswith(CLAIM_QUOTAS)
    ]
    return [
        f"the quota {name} allows {hard} of {key}, {used} are used"
        for name, key, hard, used in limits
        if utils.parse_quantity(used) >= utils.parse_quantity(hard)
    ]


def kept_out(ranges: list[client.V1LimitRange], sizes: set[str]) -> list[str]:
    """The limit ranges that a claim of one of these sizes violates, in words."""
    limits = [
        (item.metadata.name, limit.max or {}, limit.min or {})
        for item in ranges
        for limit in item.spec.limits
        if limit.type == "PersistentVolumeClaim"
    ]
    return [
        f"the limit range {name} allows no claim of {size}"
        for name, most, least in limits
        for size in sorted(sizes)
        if not bytes_of(least, "0") <= utils.parse_quantity(size) <= bytes_of(most, size)
    ]


def bytes_of(limits: dict[str, str], otherwise: str) -> Decimal:
    """A limit of storage in bytes; `otherwise` if there is none."""
    return Decimal(utils.parse_quantity(limits.get("storage", otherwise)))


def sizes_claimed(cluster: Cluster, namespace: str) -> set[str]:
    """The sizes that the claims of a namespace request."""
    items = cluster.core.list_namespaced_persistent_volume_claim(namespace).items
    return {item.spec.resources.requests["storage"] for item in items}


def no_room(cluster: Cluster, namespace: str) -> list[str]:
    """The quotas and limits that block more claims like those that a namespace has, in words."""
    quotas = cluster.core.list_namespaced_resource_quota(namespace).items
    ranges = cluster.core.list_namespaced_limit_range(namespace).items
    return used_up(quotas) + kept_out(ranges, sizes_claimed(cluster, namespace))


def all_bound(namespace: Namespace, names: list[str]) -> bool:
    """Raise AssertionError naming a claim that is not Bound."""
    return all(bound(namespace, name) for name in names)


@dataclass
class Written:
    """What pods wrote: a unique text for each class on each worker, by claim."""

    texts: dict[str, str] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)

    def claims_of(self, key: str) -> list[str]:
        """The claims of a class."""
        return [name for name, own in self.classes.items() if own == key]


def write_on_every_worker(namespace: Namespace, outputs: Outputs) -> Written:
    """Start a pod on each worker that writes to a volume of each class; return the texts once all pods are Ready."""
    written = Written()
    for number, worker in enumerate(outputs.workers):
        texts = {f"{key}-{number}": secrets.token_hex(8) for key in outputs.volumes}
        for key, volume in outputs.volumes.items():
            written.classes[f"{key}-{number}"] = key
            namespace.create(claim(f"{key}-{number}", volume.storage_class))
        written.texts |= texts
        namespace.create(writer(namespace.cluster.probe, f"writer-{number}", texts, worker.name))
    for number in range(len(outputs.workers)):
        namespace.wait_ready(f"writer-{number}")
    return written


def read_disk(disk: str, image: str) -> list[str]:
    """The texts of all markers on a disk, read outside the cluster by a container of `image`."""
    mount = f"{disk}:/disk:ro"
    command = ("sh", "-c", "for file in /disk/*/marker; do cat $file; echo; done")
    return docker("run", "--rm", "--network", "none", "--volume", mount, image, *command, check=False).split()


def mounts_of_class(cluster: Cluster, storage_class: str) -> dict[str, tuple[str, str, str]]:
    """The namespace, machine and mount point of each claim of a class whose volume is a folder of a machine.

    A volume on a network has none here.
    """
    found = {}
    for item in cluster.core.list_persistent_volume().items:
        folder, claim_ref = item.spec.host_path or item.spec.local, item.spec.claim_ref
        if item.spec.storage_class_name == storage_class and folder and claim_ref and item.status.phase == "Bound":
            terms = item.spec.node_affinity.required.node_selector_terms
            node = str(terms[0].match_expressions[0].values[0])
            mount = cluster.on_node(node, "df", "--output=target", folder.path).split()[-1]
            found[f"{claim_ref.namespace}/{claim_ref.name}"] = (str(claim_ref.namespace), node, mount)
    return found


def on_other_disks(seen: dict[str, tuple[str, str, str]], proven: str) -> dict[str, str]:
    """The claims that are not on the disk of their machine, by `mounts_of_class`, with what they are on instead.

    `proven`: the namespace whose claims were seen to be on the disks. A machine without one of these is not judged.
    """
    disks = {node: mount for namespace, node, mount in seen.values() if namespace == proven}
    return {name: f"{mount} of {node}" for name, (_, node, mount) in seen.items() if mount != disks.get(node, mount)}


@dataclass(frozen=True)
class Claimed:
    """A claim of the platform: what it requests, and what it got."""

    storage_class: str
    phase: str
    volume: str
    wanted: str


def claimed(default: Namespace, key: str) -> dict[str, Claimed]:
    """The claims of the database or Redis, by name."""
    core = default.cluster.core
    items = core.list_namespaced_persistent_volume_claim(default.name, label_selector=f"{NAME_LABEL}={key}").items
    return {
        item.metadata.name: Claimed(
            item.spec.storage_class_name, item.status.phase, item.spec.volume_name or "",
            item.spec.resources.requests["storage"],
        )
        for item in items
    }  # fmt: skip


def claims_rendered(manifests: list[Manifest], storage_class: str) -> dict[str, str]:
    """The storage that rendered StatefulSets claim of a class, by StatefulSet."""
    return {
        item["metadata"]["name"]: template["spec"]["resources"]["requests"]["storage"]
        for item in manifests
        if item["kind"] == "StatefulSet"
        for template in item["spec"].get("volumeClaimTemplates", [])
        if template["spec"].get("storageClassName") == storage_class
    }


def smaller(claims: dict[str, str], gigabytes: int) -> list[str]:
    """The StatefulSets that claim less than `gigabytes`."""
    return [name for name, size in claims.items() if utils.parse_quantity(size) < gigabytes * 10**9]


def lacks_claims(default: Namespace, key: str) -> list[str]:
    """The pods of the database or Redis that have no persistent volume."""
    pods = [pod for pod in default.pods(f"{NAME_LABEL}={key}") if is_member(pod)]
    return [pod.metadata.name for pod in pods if not any(volume.persistent_volume_claim for volume in pod.spec.volumes)]


def is_member(pod: Any) -> bool:
    """Whether a pod belongs to a StatefulSet, and so stores data; pods of jobs store none."""
    return any(owner.kind == "StatefulSet" for owner in pod.metadata.owner_references or [])
