"""Where Traefik keeps its certificates: in files on a volume, which one process at a time may write. Source: 4.5."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kubernetes import client

from acceptance.base.deadlines import ROUTE_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress import traefik_options
from acceptance.drivers.ingress.certificates import RESOLVER
from acceptance.drivers.ingress.scenario_routes import LOGS
from acceptance.drivers.workloads.replicas import AUTOSCALER, scales
from acceptance.platform.authority import NAMESPACE
from acceptance.platform.ingress import Ingress
from acceptance.platform.platform import Platform

IN_MEMORY = ("tmpfs", "ramfs")
"""The file systems that a restart of their machine empties, as `stat` calls them."""


def folder_of(cluster: Cluster, pod: client.V1Pod) -> str:
    """The folder of its node that is the volume of Traefik's pod for certificates; empty for a network volume."""
    claim = next(volume for volume in pod.spec.volumes if volume.name == "acme").persistent_volume_claim
    assert claim, (
        "expected Traefik's volume acme (at /data) to be a persistent volume, but it is not: certificates would not "
        "survive a restart"
    )
    bound = cluster.core.read_namespaced_persistent_volume_claim(claim.claim_name, NAMESPACE).spec.volume_name
    volume = cluster.core.read_persistent_volume(bound).spec
    folder = volume.host_path or volume.local
    return str(folder.path) if folder else ""


def store(cluster: Cluster, traefik: Ingress, file: str = "acme.json") -> dict[str, list[dict[str, Any]]]:
    """The certificates in Traefik's ACME store, by resolver.

    The store is read on the node, since the image that is built here has no shell tools. A network volume is no
    directory of the node, so it is read in the pod: the published image has `cat`.
    """
    pod = cluster.core.read_namespaced_pod(traefik.pod(), NAMESPACE)
    if folder := folder_of(cluster, pod):
        text = cluster.on_node(pod.spec.node_name, "cat", f"{folder}/{file}")
    else:
        text = cluster.kubectl("-n", NAMESPACE, "exec", pod.metadata.name, "--", "cat", f"/data/{file}")
    document = json.loads(text)
    return {resolver: content.get("Certificates") or [] for resolver, content in document.items()}


def stored(cluster: Cluster, traefik: Ingress, host: str) -> list[str]:
    """A host's certificates in acme.json, in their encoding there."""
    return [item["certificate"] for item in store(cluster, traefik)[RESOLVER] if item["domain"]["main"] == host]


def wait_stored(cluster: Cluster, traefik: Ingress, host: str) -> str:
    """Wait until acme.json has a certificate for a host; return it."""

    def there() -> str:
        entries = stored(cluster, traefik, host)
        assert entries, f"acme.json has no certificate for {host}"
        return entries[0]

    return eventually(there, within=ROUTE_READY, what=f"the certificate of {host} in acme.json", hint=LOGS)


def lost_stores(platform: Platform) -> list[str]:
    """The ACME stores of Traefik, here and in production, that a restart loses, refuses or has written by two."""
    specs = traefik_options.running_specs(platform.cluster)
    specs["production"] = traefik_options.production_spec(platform)
    judges = (traefik_options.stores_not_on_claims, traefik_options.opened_at_start)
    lost = [text for where, spec in specs.items() for judge in judges for text in judge(where, spec)]
    return lost + shared_at_restarts(platform) + run_by_several(platform) + kept_in_memory(platform.cluster)


def shared_at_restarts(platform: Platform) -> list[str]:
    """Why a restart would have two pods of Traefik write one store at a time, here and in production, in words."""
    cluster, rendered = platform.cluster, platform.rendering.production(NAMESPACE)
    running = cluster.api.sanitize_for_serialization(cluster.apps.read_namespaced_deployment("traefik", NAMESPACE))
    specs = [("here", running["spec"])]
    specs += [("in production", item["spec"]) for item in rendered if item["kind"] == "Deployment"]
    return [text for where, spec in specs for text in two_at_once(where, spec)]


def two_at_once(where: str, spec: Mapping[str, Any]) -> list[str]:
    """Why a Deployment would start a new pod beside the old one, in words.

    Both would read and write the file, and the authority's question gets to either. Where a volume can be attached to
    one machine only, the new pod waits for ever. Source: traefik/traefik-helm-chart 355; traefik 10180.
    """
    strategy = spec.get("strategy") or {}
    surge = str((strategy.get("rollingUpdate") or {}).get("maxSurge", "25%"))
    if strategy.get("type") == "Recreate" or surge in ("0", "0%"):
        return []
    return [f"{where} a restart has two pods write one store (maxSurge {surge}): expected Recreate, saw {strategy}"]


def run_by_several(platform: Platform) -> list[str]:
    """What may have several pods of Traefik write one store for good, here and in production, in words."""
    cluster, rendered = platform.cluster, platform.rendering.production(NAMESPACE)
    scalers = client.AutoscalingV2Api(cluster.api).list_namespaced_horizontal_pod_autoscaler(NAMESPACE).items
    deployment = cluster.apps.read_namespaced_deployment("traefik", NAMESPACE)
    here: Any = cluster.api.sanitize_for_serialization([deployment, *scalers])
    there = [item for kind in ("Deployment", AUTOSCALER) for item in rendered if item["kind"] == kind]
    places = (("here", here[:1], here[1:]), ("in production", there[:1], there[1:]))
    return [text for where, workload, found in places for text in several(where, workload, found)]


def several(where: str, workload: list[Manifest], scalers: list[Manifest]) -> list[str]:
    """Why a Deployment of Traefik may have more than one pod, in words: by its own number, or by an autoscaler's."""
    counts = [item["spec"].get("replicas", 1) for item in workload]
    said = [f"{where} {count} pods of Traefik write one store" for count in counts if count > 1]
    return said + [
        f"{where} the autoscaler {item['metadata']['name']} may have {item['spec']['maxReplicas']} pods write one store"
        for item in scalers
        if scales(item["spec"]["scaleTargetRef"], "traefik") and item["spec"]["maxReplicas"] > 1
    ]


def kept_in_memory(cluster: Cluster) -> list[str]:
    """Why a restart of Traefik's machine would lose its store, in words: its folder is a file system in memory."""
    pod = cluster.core.read_namespaced_pod(Ingress(cluster).pod(), NAMESPACE)
    folder = folder_of(cluster, pod)
    look = ("stat", "--file-system", "--format", "%T", folder)
    kind = cluster.on_node(pod.spec.node_name, *look, check=False).strip() if folder else ""
    return [f"here {folder} of {pod.spec.node_name} is a {kind}, in memory"] if kind in IN_MEMORY else []
