"""Who could ask Argo CD for a sync without an operator: accounts and programs in its namespace. Source: 3.7.

A program that syncs every few minutes is quiet for as long as a scenario looks.
"""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import objects_of, pod_of
from acceptance.drivers.security.granted_rights import (
    ACCOUNT,
    TO_SYNCS,
    Grant,
    granted,
    rendered_grants,
    rendered_objects,
)
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

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


def may_ask(grant: Grant, known: Iterable[Grant]) -> bool:
    """Whether a grant lets programs ask for syncs that have no business to; people who may are operators."""
    is_program = grant.subject[0] == ACCOUNT or grant.is_for_everybody
    return is_program and not grant.is_of_system and grant not in {*known}


def without_operator(platform: Platform) -> list[str]:
    """What could ask for syncs besides Argo CD and operators, in words.

    An Argo CD that somebody else installed has other names: there only what runs at times and has its accounts counts.
    """
    cluster, grants = platform.cluster, granted(platform.cluster, ARGOCD, TO_SYNCS)
    accounts = {name for kind, place, name in (grant.subject for grant in grants) if (kind, place) == (ACCOUNT, ARGOCD)}
    found = unknown_programs(programs(cluster), rendered_programs(platform), accounts)
    if cluster.is_attached:
        return [text for text in found if text.startswith(ONCE)]
    return found + sorted({grant.in_words() for grant in grants if may_ask(grant, rendered_grants(platform))})
