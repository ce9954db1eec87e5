"""The state in which a scenario finds the platform, so that it can prove that it left it unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from acceptance.base.deadlines import SYNCED
from acceptance.base.labels import NAME_LABEL
from acceptance.base.waiting import eventually
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.workloads.system_pods import PROVISIONER_CONFIG
from acceptance.infrastructure.cluster_lock import NAMESPACE

AsFound = dict[str, str]
MOVING = {
    # Controllers write these all the time.
    "bindings", "componentstatuses", "controllerrevisions.apps", "endpoints", "endpointslices.discovery.k8s.io",
    "events", "events.events.k8s.io", "leases.coordination.k8s.io", "nodes.metrics.k8s.io", "pods.metrics.k8s.io",
    "replicasets.apps", "csistoragecapacities.storage.k8s.io", "ipaddresses.networking.k8s.io",
    # Kubelets request certificates, which are not part of the platform.
    "certificatesigningrequests.certificates.k8s.io",
    # Every sync recreates its hooks.
    "jobs.batch",
}  # fmt: skip
"""Kinds that change by themselves, or only mirror others."""
OWN = ("resourceVersion", "managedFields", "generation", "annotations")
"""Metadata that changes although the object is not modified."""


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
    """Whether a pod creates or removes a volume's directory: it has the provisioner's script and no owner.

    Another scenario's claim may have caused it. Plan 27.10 judges whether any is left behind.
    """
    volumes = item.get("spec", {}).get("volumes") or [] if item["kind"] == "Pod" else []
    scripts = {volume.get("configMap", {}).get("name") for volume in volumes}
    return PROVISIONER_CONFIG in scripts and not item["metadata"].get("ownerReferences")


def digest(item: dict[str, Any]) -> str:
    """A hash of an object without its status. Of a pod only the metadata counts: pods are replaced, not changed."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in OWN}
    said = (
        {}
        if item["kind"] == "Pod"
        else {key: value for key, value in item.items() if key not in ("status", "metadata")}
    )
    return hashlib.sha256(json.dumps([metadata, said], sort_keys=True).encode()).hexdigest()


def digests(items: Iterable[dict[str, Any]]) -> AsFound:
    """The digests of objects by kind, namespace and name, without scenarios' and pods that end by themselves."""
    found = {}
    for item in items:
        metadata = item["metadata"]
        if not (is_scenarios(item) or is_of_job(item) or is_of_volume(item)):
            found[f"{item['kind']} {metadata.get('namespace', '')}/{metadata['name']}"] = digest(item)
    return found


def look(cluster: Cluster, repository: Repository) -> AsFound:
    """The digests of all objects except those that change by themselves, and the repository's branches."""
    kinds = set(cluster.kubectl("api-resources", "--verbs=list", "--output=name").split()) - MOVING
    listed = cluster.kubectl("get", ",".join(sorted(kinds)), "--all-namespaces", "--output=json")
    found = digests(json.loads(listed)["items"])
    assert found, "expected objects in the cluster, saw none"
    return found | {"branches": repository.git("ls-remote", repository.remote())}


def wait_found(cluster: Cluster, repository: Repository) -> AsFound:
    """The state of the platform, once all kinds can be listed: an aggregated API may still be starting."""
    return eventually(lambda: look(cluster, repository), within=SYNCED, what="a list of the objects of every kind")


def wait_same(cluster: Cluster, repository: Repository, before: AsFound) -> None:
    """Wait until the platform is as it was found. Raises TimedOut naming the objects that changed."""

    def same() -> bool:
        now = look(cluster, repository)
        changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        assert not changed, f"changed: {', '.join(sorted(changed))}"
        return True

    eventually(
        same, within=SYNCED, what="the platform to be as it was before", hint="kubectl -n argocd get applications"
    )
