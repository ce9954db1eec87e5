"""Conditions of nodes, pods, claims and workloads: ready, rolled out, crashing; and a pod's state in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kubernetes import client


def has_condition(resource: Any, name: str) -> bool:
    """Whether a condition of a resource is True; a new resource may have no conditions yet."""
    conditions = resource.status.conditions or []
    return any(condition.type == name and condition.status == "True" for condition in conditions)


def is_ready(resource: Any) -> bool:
    """Whether a node or pod has the condition Ready."""
    return has_condition(resource, "Ready")


def describe(pod: client.V1Pod) -> str:
    """A pod's state in a few words."""
    states = []
    before = [item for item in pod.status.init_container_statuses or [] if not is_done(item)]
    for status in [*before, *(pod.status.container_statuses or [])]:
        waiting = status.state.waiting
        terminated = status.state.terminated
        if waiting:
            states.append(f"waiting: {waiting.reason} {waiting.message or ''}".strip())
        elif terminated:
            states.append(f"terminated: {terminated.reason}, exit code {terminated.exit_code}")
        else:
            states.append("running" + ("" if status.ready else ", not ready"))
    reasons = [condition.message for condition in pod.status.conditions or [] if condition.message]
    return f"is {pod.status.phase} ({'; '.join(states or reasons) or 'no container yet'})"


def is_done(status: Any) -> bool:
    """Whether an init container has done its work, or works on beside the others."""
    return bool(status.ready or (status.state.terminated and status.state.terminated.exit_code == 0))


def not_ready(pods: Iterable[client.V1Pod]) -> str:
    """Each pod that is not Ready, and why, to end a message with; empty if all are Ready."""
    found = [f"{pod.metadata.name} {describe(pod)}" for pod in pods if not is_ready(pod)]
    return f": {'; '.join(found)}" if found else ""


def phase_of(resource: Any) -> str:
    """The phase of a claim or volume; one that was deleted still says Bound, for as long as a pod uses it."""
    return "Terminating" if resource.metadata.deletion_timestamp else str(resource.status.phase)


def as_json(text: str) -> Any:
    """Parse JSON that a program printed; raise AssertionError with the text if it is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise AssertionError(f"expected JSON, saw {text[:200]!r}") from error


MANY_RESTARTS = 5


def is_crashing(pod: Any) -> bool:
    """Whether a container of a pod keeps crashing."""
    statuses = [*(pod.status.container_statuses or []), *(pod.status.init_container_statuses or [])]
    return any(
        status.restart_count >= MANY_RESTARTS
        and status.state.waiting
        and "BackOff" in (status.state.waiting.reason or "")
        for status in statuses
    )


def is_rolled_out(item: Any) -> bool:
    """Whether a Deployment or StatefulSet has all its replicas at the newest version and ready."""
    status, wanted = item.status, item.spec.replicas
    return (
        status.observed_generation is not None
        and status.observed_generation >= item.metadata.generation
        and (status.updated_replicas or 0) >= wanted
        and (status.ready_replicas or 0) == wanted
        and (status.replicas or 0) == wanted
    )


def share_of(share: int | str, count: int) -> int:
    """A number of pods, or a percentage of `count` rounded down, as rolling updates read `maxUnavailable`."""
    text = str(share)
    return int(text.removesuffix("%")) * count // 100 if text.endswith("%") else int(text)
