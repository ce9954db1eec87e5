"""Which storage classes claims get that name none. Source: 2.3, 1.10.

A default may be one whose disk is meant for the database alone. Several are no fault by themselves: Kubernetes takes
the newest, and kind's nodes bring one of their own.
"""

from __future__ import annotations

from collections.abc import Mapping

from kubernetes import client

from acceptance.cluster.cluster import Cluster

ANNOTATIONS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")


def mistaken(cluster: Cluster) -> list[str]:
    """What is wrong with the default classes, in words; not on somebody else's cluster, which may have its own way."""
    if cluster.is_attached:
        return []
    classes = client.StorageV1Api(cluster.api).list_storage_class().items
    own = {volume.storage_class for volume in cluster.outputs.volumes.values()}
    return in_words({item.metadata.name: item.metadata.annotations or {} for item in classes}, own)


def in_words(classes: Mapping[str, Mapping[str, str]], own: set[str]) -> list[str]:
    """The same, given the annotations of each class, and the classes of the platform's own disks."""
    defaults = sorted(name for name, notes in classes.items() if any(notes.get(key) == "true" for key in ANNOTATIONS))
    found = [] if defaults else ["no class is the default"]
    return found + [f"{name}, which has a disk for its own claims, is a default" for name in defaults if name in own]
