"""The state in which a scenario finds the platform, so that it can prove that it left it unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from acceptance.base.labels import NAME_LABEL
from acceptance.base.waiting import SYNCED, eventually
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.workloads.system_pods import PROVISIONER_CONFIG
from acceptance.infrastructure.cluster_lock import NAMESPACE

AsFound = dict[str, str]
MOVING = {
    # What controllers write by themselves, all the time.
    "bindings", "componentstatuses", "controllerrevisions.apps", "endpoints", "endpointslices.discovery.k8s.io",
    "events", "events.events.k8s.io", "leases.coordination.k8s.io", "nodes.metrics.k8s.io", "pods.metrics.k8s.io",
    "replicasets.apps", "csistoragecapacities.storage.k8s.io", "ipaddresses.networking.k8s.io",
    # Kubelets ask for certificates; what was granted is no part of the platform.
    "certificatesigningrequests.certificates.k8s.io",
    # A sync makes its hooks anew.
    "jobs.batch",
}  # fmt: skip
"""The kinds of object that change by themselves, or only reflect others."""
OWN = ("resourceVersion", "managedFields", "generation", "annotations")
"""The metadata that changes although nobody changes the object."""


def is_scenarios(item: dict[str, Any]) -> bool:
    """Whether an object belongs to a scenario or an attached run: other scenarios run concurrently."""
    metadata, claim = item["metadata"], item.get("spec", {}).get("claimRef", {})
    place = metadata.get("namespace") or claim.get("namespace") or metadata["name"]
    labels = metadata.get("labels") or {}
    return place.startswith("scenario-") or NAMESPACE in (place, labels.get(NAME_LABEL)) or of_scenario(labels)


def is_of_job(item: dict[str, Any]) -> bool:
    """Whether a pod belongs to a Job."""
    return any(owner["kind"] == "Job" for owner in item["metadata"].get("ownerReferences", []))


def is_of_volume(item: dict[str, Any]) -> bool:
    """Whether a pod makes or removes a volume's folder and ends: it is nobody's, and has the provisioner's script.

    Another scenario's claim may be why it is there. That none is left behind is for plan 27.10 to say.
    """
    volumes = item.get("spec", {}).get("volumes") or [] if item["kind"] == "Pod" else []
    scripts = {volume.get("configMap", {}).get("name") for volume in volumes}
    return PROVISIONER_CONFIG in scripts and not item["metadata"].get("ownerReferences")


def digest(item: dict[str, Any]) -> str:
    """What an object says, its state aside: a pod is what it is called, for it is replaced and not changed."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in OWN}
    said = (
        {}
        if item["kind"] == "Pod"
        else {key: value for key, value in item.items() if key not in ("status", "metadata")}
    )
    return hashlib.sha256(json.dumps([metadata, said], sort_keys=True).encode()).hexdigest()


def digests(items: Iterable[dict[str, Any]]) -> AsFound:
    """The digest of each object that is no scenario's, nor a pod that ends by itself, by kind, namespace and name."""
    found = {}
    for item in items:
        metadata = item["metadata"]
        if not (is_scenarios(item) or is_of_job(item) or is_of_volume(item)):
            found[f"{item['kind']} {metadata.get('namespace', '')}/{metadata['name']}"] = digest(item)
    return found


def look(cluster: Cluster, repository: Repository) -> AsFound:
    """All objects that the cluster has, but those that move by themselves, and the repository's branches."""
    kinds = set(cluster.kubectl("api-resources", "--verbs=list", "--output=name").split()) - MOVING
    listed = cluster.kubectl("get", ",".join(sorted(kinds)), "--all-namespaces", "--output=json")
    found = digests(json.loads(listed)["items"])
    assert found, "expected a cluster with objects, it has none"
    return found | {"branches": repository.git("ls-remote", repository.remote())}


def wait_found(cluster: Cluster, repository: Repository) -> AsFound:
    """The platform as it is, once all of its kinds of object can be listed: an API of its own may be coming up."""
    return eventually(lambda: look(cluster, repository), within=SYNCED, what="all kinds of object listed")


def wait_same(cluster: Cluster, repository: Repository, before: AsFound) -> None:
    """Wait until the platform is as it was found. Raises TimedOut naming what changed."""

    def same() -> bool:
        now = look(cluster, repository)
        changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        assert not changed, f"changed: {', '.join(sorted(changed))}"
        return True

    eventually(same, within=SYNCED, what="the platform as it was", hint="kubectl -n argocd get applications")
