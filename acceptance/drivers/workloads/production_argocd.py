"""How many copies of Argo CD's processes production runs, where, and with how much memory. Source: 3.3, 3.4, 13.2.

Those in `production_differences.py` that depend on the machines and not on what was proven here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubernetes.utils import parse_quantity

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.polling import flag, variable, words_of
from acceptance.drivers.workloads.production_cache import RUNS, replicas, settings_of
from acceptance.drivers.workloads.production_pods import homeless

CONTROLLER, NOTIFIER, MAKER = (
    "argocd-application-controller",
    "argocd-notifications-controller",
    "argocd-applicationset-controller",
)
SHARDS = "ARGOCD_CONTROLLER_REPLICAS"
"""The controller's variable for how many copies share the clusters. Each of more copies takes them all as its own."""
ELECTION = "enable-leader-election"
ELECTS = "ARGOCD_APPLICATIONSET_CONTROLLER_ENABLE_LEADER_ELECTION"
"""The flag and the variable with which one of several copies that make Applications works."""
LEAST = {
    CONTROLLER: "512Mi",
    "argocd-repo-server": "256Mi",
    "argocd-server": "128Mi",
    "argocd-redis": "64Mi",
    "argocd-redis-ha-server": "64Mi",
    "argocd-redis-ha-haproxy": "64Mi",
}
"""The memory that a process needs at least for this platform's Applications; no limit is enough."""


def unfit(manifests: Iterable[Manifest]) -> list[str]:
    """What keeps Argo CD from starting on production's machines, or from working there, in words."""
    items = [*manifests]
    settings, workloads = settings_of(items), [item for item in items if item["kind"] in RUNS]
    return homeless(items) + [text for item in workloads for text in [*too_many(item, settings), *starved(item)]]


def too_many(workload: Manifest, settings: Mapping[str, str]) -> list[str]:
    """How a workload has more copies than may work at once, given argocd-cmd-params-cm's data, in words."""
    name, count = workload["metadata"]["name"], replicas(workload)
    most = {CONTROLLER: shards, MAKER: elected, NOTIFIER: alone}.get(name)
    allowed = most(workload, settings) if most else count
    return [f"{name} has {count} copies, and only {allowed} would not do the same twice"] if count > allowed else []


def shards(controller: Manifest, settings: Mapping[str, str]) -> int:
    """Among how many copies the controller shares the clusters."""
    said = variable(controller, SHARDS, settings)
    return int(said) if said.isdigit() else 1


def elected(maker: Manifest, settings: Mapping[str, str]) -> int:
    """How many copies may make Applications: as many as there are if they elect the one that does."""
    asked = f"--{ELECTION}" in words_of(maker) or flag(maker, ELECTION) == "true"
    return replicas(maker) if asked or variable(maker, ELECTS, settings) == "true" else 1


def alone(*_: Any) -> int:
    """One copy: each of more sends every notification."""
    return 1


def starved(workload: Manifest) -> list[str]:
    """The containers that may use too little memory, in words. Helpers beside a process may have less."""
    name = workload["metadata"]["name"]
    main = workload["spec"]["template"]["spec"]["containers"][0]
    limit = ((main.get("resources") or {}).get("limits") or {}).get("memory")
    if name not in LEAST or limit is None or parse_quantity(str(limit)) >= parse_quantity(LEAST[name]):
        return []
    return [f"{name} may use {limit} of memory, and needs {LEAST[name]}"]
