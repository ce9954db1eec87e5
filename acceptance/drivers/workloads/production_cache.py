"""Whether production's Argo CD has the cache that its processes are told of. Source: 3.3.

It is released for high availability there and so has other objects than here; without it nothing is compared or shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.cluster.manifests import Manifest

SETTINGS, KEY, DEFAULT = "argocd-cmd-params-cm", "redis.server", "argocd-redis:6379"
"""The ConfigMap and its key for the cache's address, and where it is unless that says so."""
RUNS = ("Deployment", "StatefulSet")
PROCESSES = ("argocd-application-controller", "argocd-repo-server", "argocd-server")
"""The processes without which Argo CD deploys and shows nothing; each uses the cache."""
MEMBERS, QUORUM = "argocd-redis-ha-server", 3
"""The cache's members behind its proxy, and the fewest of which the others agree on a new leader if one is lost."""


def without_cache(manifests: Iterable[Manifest]) -> list[str]:
    """Why the cache that Argo CD is told of would not answer, in words, given what an overlay renders."""
    items = [*manifests]
    host, _ = cache_of(items)
    selectors = [
        item["spec"].get("selector") or {}
        for item in items
        if (item["kind"], item["metadata"]["name"]) == ("Service", host)
    ]
    if not selectors:
        return [f"no Service is Argo CD's cache, {host}"]
    pods = sum(replicas(item) for item in items if item["kind"] in RUNS and selects(selectors[0], item))
    found = [] if pods else [f"no pods are behind Argo CD's cache, {host}"]
    members = [replicas(item) for item in items if item["kind"] in RUNS and item["metadata"]["name"] == MEMBERS]
    return found + [f"{MEMBERS} has {count} replicas, fewer than {QUORUM}" for count in members if count < QUORUM]


def cache_of(manifests: Iterable[Manifest]) -> tuple[str, int]:
    """The Service and the port that Argo CD is told of as its cache."""
    address = str(settings_of(manifests).get(KEY, DEFAULT))
    host, _, port = address.partition(":")
    return host.partition(".")[0], int(port or 6379)


def settings_of(manifests: Iterable[Manifest]) -> dict[str, str]:
    """The data of the ConfigMap with the cache's address, and with what else Argo CD's processes are told."""
    return {key: text for item in manifests if is_settings(item) for key, text in (item.get("data") or {}).items()}


def is_settings(item: Manifest) -> bool:
    """Whether an object is the ConfigMap with the cache's address."""
    return (item["kind"], item["metadata"]["name"]) == ("ConfigMap", SETTINGS)


def selects(selector: Manifest, workload: Manifest) -> bool:
    """Whether a Service's selector matches the pods of a workload; an empty one matches none."""
    labels = workload["spec"]["template"]["metadata"].get("labels") or {}
    return bool(selector) and selector.items() <= labels.items()


def replicas(workload: Manifest) -> int:
    """How many pods a workload has; one unless it says so."""
    return int(workload["spec"].get("replicas", 1))
