"""Volumes and storage classes that give pods a machine's own folders, which no standard of pods looks at.

Pod Security forbids a pod to name a folder of its machine, and lets it name a claim: whoever makes the volume or the
class of that claim chooses the folder. Source: plan 27.10.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable

from kubernetes import client

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.workloads.system_pods import paths_of_volumes

LOCAL_PATH = "/local-path"
"""How the names end by which local-path-provisioner is asked."""
PATTERN = "pathPattern"
IN_BRACES = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
SAFE = {".PVC.Name", ".PVC.Namespace", ".PVName"}
"""What a pattern of folders may take from a claim: the API allows no slashes and no `..` in these."""


def folder_of(volume: client.V1PersistentVolume) -> str:
    """The folder of a machine that a volume is; empty if it is none."""
    source = volume.spec.host_path or volume.spec.local
    return posixpath.normpath(source.path) if source else ""


def foreign_volumes(volumes: Iterable[client.V1PersistentVolume], tops: Collection[str]) -> list[str]:
    """The volumes that are folders of machines outside those in which the provisioner keeps volumes, in words."""
    found = {volume.metadata.name: folder_of(volume) for volume in volumes}
    return [
        f"volume {name} is {path}"
        for name, path in sorted(found.items())
        if path and not any(path.startswith(f"{top}/") for top in tops)
    ]


def open_classes(classes: Iterable[client.V1StorageClass]) -> list[str]:
    """The classes of local-path-provisioner whose claims choose their folder, in words.

    Releases up to 0.0.33 do not check what a claim's annotation or label makes of the pattern (GHSA-jr3w-9vfr-c746).
    """
    patterns = {
        item.metadata.name: (item.parameters or {}).get(PATTERN, "")
        for item in classes
        if item.provisioner.endswith(LOCAL_PATH)
    }
    return [
        f"storage class {name} makes folders of {pattern!r}"
        for name, pattern in sorted(patterns.items())
        if ".." in pattern or {*IN_BRACES.findall(pattern)} - SAFE
    ]


def folders_given_away(cluster: Cluster) -> list[str]:
    """The volumes and classes by which a pod gets a folder of its machine that is not a volume's, in words."""
    tops = {path for found in paths_of_volumes(cluster).values() for path in found}
    classes = client.StorageV1Api(cluster.api).list_storage_class().items
    return foreign_volumes(cluster.core.list_persistent_volume().items, tops) + open_classes(classes)
