"""Fields of the platform's objects that were written by neither the deployment nor a controller.

The API records who wrote each field (metadata.managedFields), so no field needs to be known beforehand. Fields in Git
are compared elsewhere (`kubectl diff`); this finds fields that are not in Git. Source: plan 8.9.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from acceptance.cluster.manifests import Manifest

Path = tuple[Any, ...]
"""Names of fields from the top; within a list, the key fields of an entry, or its value or index."""
KNOWN = re.compile(r"kubectl|argocd.*|kube-.*|kubelet|k3s.*|cloud-.*|traefik.*|helm.*|.*controller.*|.*provisioner.*")
"""Field managers that deploy, or whose job it is to write into objects. `kubectl patch` signs as kubectl-patch."""
RESTARTED = "kubectl.kubernetes.io/restartedAt"
"""The annotation of `kubectl rollout restart`, which the handbooks recommend."""
NOT_SAID = ("metadata", "status")
ASSIGNED = {"clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort", "volumeName"}
"""Values that the API assigns to each object; restoring an object writes them, too."""
MISSING = object()


def owned(fields: dict[str, Any], path: Path = ()) -> Iterator[Path]:
    """The fields that an entry of managedFields names; one without named parts is owned as a whole."""
    for key, inner in fields.items():
        if key == ".":
            continue
        kind, _, name = key.partition(":")
        here = (*path, name if kind == "f" else json.loads(name) if kind in "kv" else int(name))
        below = [*owned(inner, here)]
        yield from below or [here]


def value_at(value: Any, path: Path) -> Any:
    """The value at a path; MISSING if there is none. A list entry that omits part of its key has the default there."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, MISSING)
        elif isinstance(value, list):
            value = next((item for item in value if is_entry(item, step)), MISSING)
        if value is MISSING or value is None:
            return MISSING
    return value


def is_entry(item: Any, step: Any) -> bool:
    """Whether a list entry is the one that a step of a path names."""
    if not (isinstance(item, dict) and isinstance(step, dict)):
        return bool(item == step)
    return all(item.get(key, value) == value for key, value in step.items())


def plain(path: Path) -> tuple[str, ...]:
    """A path without its steps into lists."""
    return tuple(step for step in path if isinstance(step, str))


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each leaf of a value, with its plain path, as JSON."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, str(key)))
    elif isinstance(value, list) and value:
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, json.dumps(value)


def defaults(there: Iterable[Manifest]) -> set[tuple[str, tuple[str, ...], str]]:
    """The API's defaults, as (kind, path, value): what no field manager owns in any of these objects."""
    found = set()
    for item in there:
        written = {plain(path) for entry in entries(item) for path in owned(entry.get("fieldsV1") or {})}
        for path, value in leaves({key: part for key, part in item.items() if key not in NOT_SAID}):
            if not any(path[: len(one)] == one for one in written):
                found.add((item["kind"], path, value))
    return found


def entries(item: Manifest) -> list[dict[str, Any]]:
    """The entries of an object's managedFields, without those of subresources such as its status."""
    return [entry for entry in item["metadata"].get("managedFields") or [] if not entry.get("subresource")]


def foreign(wanted: Manifest, there: Manifest, by_itself: set[tuple[str, tuple[str, ...], str]]) -> list[str]:
    """The fields of an object that were written by hand and are not in its manifest, with their field manager."""
    found = []
    for entry in entries(there):
        who = str(entry.get("manager", ""))
        for path in [] if KNOWN.fullmatch(who) else owned(entry.get("fieldsV1") or {}):
            value = value_at(there, path)
            if path[0] in NOT_SAID or RESTARTED in path or value is MISSING or ASSIGNED & {*plain(path)}:
                continue
            if value_at(wanted, path) is MISSING and not usual(there["kind"], plain(path), value, by_itself):
                found.append(f"{'.'.join(map(name_of, path))} by {who}")
    return found


def usual(kind: str, path: tuple[str, ...], value: Any, by_itself: set[tuple[str, tuple[str, ...], str]]) -> bool:
    """Whether everything at a path is a default of the API, or empty."""
    return all((kind, *leaf) in by_itself or leaf[1] in ("{}", "[]", '""', "null") for leaf in leaves(value, path))


def name_of(step: Any) -> str:
    """A step of a path, in readable form."""
    key = "+".join(map(str, step.values())) if isinstance(step, dict) else step
    return step if isinstance(step, str) else f"[{key}]"
