"""The traces that disturbances leave in the API: new pods, restarts, new generations, by part of the platform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from acceptance.base.labels import NAME_LABEL, SCENARIO_LABEL
from acceptance.cluster.cluster import Cluster

Traces = dict[str, dict[str, str]]
"""By part and object: a value that changes when it is replaced, restarted or modified."""


def part_of(item: Any) -> str | None:
    """The part that an object belongs to; None if it belongs to a scenario or a Job, or is being deleted."""
    metadata, labels = item.metadata, item.metadata.labels or {}
    of_job = any(owner.kind == "Job" for owner in metadata.owner_references or [])
    if metadata.deletion_timestamp or SCENARIO_LABEL in labels or of_job:
        return None
    name = labels.get(NAME_LABEL) if metadata.namespace in ("default", "kube-system") else metadata.namespace
    return str(name) if name else None


def state(item: Any) -> str:
    """A value that distinguishes an object from its replacement and from its earlier state."""
    restarts = [one.restart_count for one in getattr(item.status, "container_statuses", None) or []]
    # On some versions a pod's generation changes with its status, although its specification does not.
    return f"{item.metadata.uid}, {f'restarts {restarts}' if restarts else f'generation {item.metadata.generation}'}"


def described(kind: str, items: Iterable[Any]) -> Traces:
    """The traces of objects of one kind."""
    found: Traces = {}
    for item in items:
        if part := part_of(item):
            found.setdefault(part, {})[f"{kind} {item.metadata.name}"] = state(item)
    return found


def look(cluster: Cluster) -> Traces:
    """The traces of all parts that have objects; one call each for pods, Deployments, StatefulSets and DaemonSets."""
    found: Traces = {}
    for kind, items in (
        ("pod", cluster.core.list_pod_for_all_namespaces().items),
        ("deployment", cluster.apps.list_deployment_for_all_namespaces().items),
        ("statefulset", cluster.apps.list_stateful_set_for_all_namespaces().items),
        ("daemonset", cluster.apps.list_daemon_set_for_all_namespaces().items),
    ):
        for part, objects in described(kind, items).items():
            found.setdefault(part, {}).update(objects)
    return found


def changed(before: Traces, after: Traces) -> dict[str, list[str]]:
    """The objects that appeared, disappeared or changed, by part, for the parts that existed before."""
    found = {}
    for part, objects in before.items():
        now = after.get(part, {})
        if other := sorted(name for name in {**objects, **now} if objects.get(name) != now.get(name)):
            found[part] = other
    return found
