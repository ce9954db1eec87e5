"""Whether pods of the services' previous version could start, so that there is one to return to. Source: 14.1, 14.3.

Git's earlier commits and Kubernetes' earlier ReplicaSets stay, while the settings that they name are pruned with the
next version, and their images may be removed from the registry.
"""

from __future__ import annotations

from collections.abc import Iterable

import requests

from acceptance.clients.registry import MANIFESTS, Reference
from acceptance.clients.web import plain_session
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import objects_of
from acceptance.drivers.argocd import application_policies as policies
from acceptance.drivers.workloads import missing_references
from acceptance.images.registry import REGISTRY_PORT
from acceptance.platform.platform import Platform
from acceptance.platform.routes import SERVICES

NAMESPACE = "default"
REVISION = "deployment.kubernetes.io/revision"
"""The annotation with which Kubernetes numbers a Deployment's versions; an undo returns to the highest but one."""
REGISTRY = f"http://127.0.0.1:{REGISTRY_PORT}/v2"
TIMEOUT = 10


def irreversible(platform: Platform) -> dict[str, str]:
    """Why rollouts of the platform's workloads could not be undone, in words, by name."""
    found = policies.troubles(policies.workloads_everywhere(platform), policies.cannot_be_undone)
    there, cluster = missing_references.existing(platform.cluster), platform.cluster
    for version in latest_two(objects_of(cluster, NAMESPACE, ["ReplicaSet"])):
        spec = version["spec"]["template"]["spec"]
        lacks = [f"{kind} {name}" for kind, name in missing_references.missing_for(spec, NAMESPACE, there)]
        # Machines of other environments pull from registries that need an account.
        lacks += [] if cluster.is_attached else lost_images(spec)
        if lacks:
            found[version["metadata"]["name"]] = f"its pods could not start: gone is {', '.join(lacks)}"
    return found


def latest_two(replica_sets: Iterable[Manifest]) -> list[Manifest]:
    """The current and the previous ReplicaSet of each service's Deployment."""
    found: dict[str, list[Manifest]] = {}
    for item in replica_sets:
        owners = [owner["name"] for owner in item["metadata"].get("ownerReferences") or []]
        for name in {*owners} & {*SERVICES}:
            found.setdefault(name, []).append(item)
    return [item for items in found.values() for item in sorted(items, key=revision)[-2:]]


def revision(replica_set: Manifest) -> int:
    """The number of the version that a ReplicaSet is."""
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))


def lost_images(spec: Manifest) -> list[str]:
    """The images of a pod that the registry in front of the cluster's machines does not have, in words."""
    images = {part["image"] for part in [*(spec.get("initContainers") or []), *spec["containers"]]}
    return [f"the image {image}" for image in sorted(images) if not is_kept(Reference.of(image))]


def is_kept(image: Reference) -> bool:
    """Whether the registry has an image; not if it does not answer."""
    address = f"{REGISTRY}/{image.repository}/manifests/{image.digest or image.tag or 'latest'}"
    try:
        return plain_session().head(address, headers={"Accept": MANIFESTS}, timeout=TIMEOUT).ok
    except requests.RequestException:
        return False
