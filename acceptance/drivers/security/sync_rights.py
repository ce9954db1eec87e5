"""Who could ask Argo CD for a sync without an operator: accounts and programs in its namespace. Source: 3.7.

A program that syncs every few minutes is quiet for as long as a scenario looks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import objects_of, pod_of
from acceptance.drivers.security.granted_rights import (
    ACCOUNT,
    Grant,
    granted,
    rendered_grants,
    rendered_objects,
)
from acceptance.drivers.security.powerful_rights import TO_SYNCS
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

CONTAINERS: dict[str, tuple[str, ...]] = {
    "argocd-application-controller": ("argocd-application-controller",),
    "argocd-applicationset-controller": ("argocd-applicationset-controller",),
    "argocd-dex-server": ("copyutil", "dex"),
    "argocd-notifications-controller": ("argocd-notifications-controller",),
    "argocd-redis": ("redis", "secret-init"),
    "argocd-redis-ha-haproxy": ("config-init", "haproxy", "secret-init"),
    "argocd-redis-ha-server": ("config-init", "redis", "sentinel", "split-brain-fix"),
    "argocd-repo-server": ("argocd-repo-server", "copyutil"),
    "argocd-server": ("argocd-server",),
}
"""The programs of Argo CD's release, highly available or not, and the containers of their pods.

Source: argo-cd, manifests/install.yaml and manifests/ha/install.yaml. Names as Git has them would be no measure: who
adds a program to Git adds its name.
"""
RUNS = ("DaemonSet", "Deployment", "StatefulSet")
SYNCERS = {
    (ACCOUNT, ARGOCD, f"argocd-{name}")
    for name in ("application-controller", "applicationset-controller", "notifications-controller", "server")
}
"""The accounts of Argo CD's release that may change Applications."""
SYNC_COMMAND = re.compile(r"\bapp\s+sync\b")
"""What Argo CD's client is called with to sync."""
ONCE = ("CronJob", "Job", "Pod")
"""Kinds that Argo CD itself does not consist of, wherever it comes from."""


def programs(cluster: Cluster) -> list[Manifest]:
    """The workloads in Argo CD's namespace, and its pods without an owner, with their kinds."""
    kinds = ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
    return [item for item in objects_of(cluster, ARGOCD, kinds) if not item["metadata"].get("ownerReferences")]


def account_of(program: Manifest) -> str:
    """The account that a workload's pods, or a pod, have."""
    return str(pod_of(program)["spec"].get("serviceAccountName") or "default")


def rendered_programs(platform: Platform) -> set[tuple[str, str]]:
    """Kind and name of the workloads in the platform's manifests that may be Argo CD's."""
    objects = rendered_objects(platform, "DaemonSet", "Deployment", "Job", "StatefulSet")
    own = [item for item in objects if item["metadata"].get("namespace") == ARGOCD]
    return {(item["kind"], item["metadata"]["name"]) for item in own}


def unknown_programs(found: Iterable[Manifest], known: Iterable[tuple[str, str]], accounts: Iterable[str]) -> list[str]:
    """The programs with one of these accounts that are not among the known ones, in words."""
    names, powerful = {*known}, {*accounts}
    return [
        f"{item['kind']} {item['metadata']['name']} has the account {account_of(item)}"
        for item in found
        if (item["kind"], item["metadata"]["name"]) not in names and account_of(item) in powerful
    ]


def unknown_containers(found: Iterable[Manifest], accounts: Collection[str]) -> list[str]:
    """The containers beside those of Argo CD's release in its programs with one of these accounts, in words.

    A container that calls for syncs counts in every program, whatever it is called.
    """
    told = []
    for item in found:
        name, spec = item["metadata"]["name"], pod_of(item).get("spec") or {}
        for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
            words = " ".join(map(str, [*(container.get("command") or []), *(container.get("args") or [])]))
            if SYNC_COMMAND.search(words):
                told.append(f"{item['kind']} {name} syncs Applications by its container {container['name']}")
            elif container["name"] not in CONTAINERS.get(name, (container["name"],)) and account_of(item) in accounts:
                told.append(f"{item['kind']} {name} has the container {container['name']}")
    return told


def may_ask(grant: Grant, rendered: Collection[Grant]) -> bool:
    """Whether a grant lets programs ask for syncs that have no business to; people who may are operators.

    What the platform's manifests bind is known where it is for Argo CD's own accounts, and nowhere else.
    """
    is_program = grant.subject[0] == ACCOUNT or grant.is_for_everybody
    is_known = grant.subject in SYNCERS if grant in rendered else grant.is_of_system
    return is_program and not is_known


def without_operator(platform: Platform) -> list[str]:
    """What could ask for syncs besides Argo CD and operators, in words.

    An Argo CD that somebody else installed has other names: there only what runs at times and has its accounts counts.
    """
    cluster, grants = platform.cluster, granted(platform.cluster, ARGOCD, TO_SYNCS)
    accounts = {name for kind, place, name in (grant.subject for grant in grants) if (kind, place) == (ACCOUNT, ARGOCD)}
    there = programs(cluster)
    if cluster.is_attached:
        found = unknown_programs(there, rendered_programs(platform), accounts)
        return [text for text in found if text.startswith(ONCE)]
    found = unknown_programs(there, [(kind, name) for kind in RUNS for name in CONTAINERS], accounts)
    found += unknown_containers(there, accounts)
    return found + sorted({grant.in_words() for grant in grants if may_ask(grant, rendered_grants(platform))})
