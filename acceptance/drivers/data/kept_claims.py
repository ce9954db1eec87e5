"""Claims that outlive the pods and the StatefulSet that they were created for. Source: 6.2, 7.2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from acceptance.base.labels import NAME_LABEL
from acceptance.cluster.manifests import Manifest
from acceptance.platform.platform import Platform

KEEPS = "Retain"
"""The value of a retention policy that keeps a claim, and Kubernetes' default."""


def not_kept(platform: Platform, name: str, namespace: str = "default") -> list[str]:
    """What would delete the claims of the database or Redis by itself, in words, here and as production renders it.

    Raises AssertionError if there is no StatefulSet, and ApiException if the user may not list claims.
    """
    cluster, selector = platform.cluster, f"{NAME_LABEL}={name}"
    sets = cluster.apps.list_namespaced_stateful_set(namespace, label_selector=selector).items
    claims = cluster.core.list_namespaced_persistent_volume_claim(namespace, label_selector=selector).items
    plain: Any = cluster.api.sanitize_for_serialization([*sets, *claims])
    rendered = [item for item in platform.rendering.production(name) if item["kind"] == "StatefulSet"]
    assert sets and rendered, f"expected a StatefulSet of {name}, here and in production, saw none"
    there = [f"in production {text}" for text in deleted_with(rendered)]
    return deleted_with(plain[: len(sets)]) + owned(plain[len(sets) :]) + there


def deleted_with(sets: Iterable[Manifest]) -> list[str]:
    """The StatefulSets whose retention policy deletes claims when they are deleted or scaled down, in words."""
    return [
        f"the StatefulSet {item['metadata']['name']} has {when}: {what} for its claims"
        for item in sets
        for when, what in (item["spec"].get("persistentVolumeClaimRetentionPolicy") or {}).items()
        if what != KEEPS
    ]


def owned(claims: Iterable[Manifest]) -> list[str]:
    """The claims that are garbage-collected together with an owner, in words."""
    return [
        f"the claim {item['metadata']['name']} is deleted with the {owner['kind']} {owner['name']}"
        for item in claims
        for owner in item["metadata"].get("ownerReferences") or []
    ]
