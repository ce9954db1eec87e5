"""Which objects a manifest names: what a workload takes from others, and whom a binding joins. Source: 3.3, 3.6."""

from __future__ import annotations

from typing import Any

from acceptance.cluster.manifests import Manifest

Named = tuple[str, str]
"""Kind and name of an object."""
BY_NAME = {
    "configMapRef": ("ConfigMap", "name"),
    "configMapKeyRef": ("ConfigMap", "name"),
    "configMap": ("ConfigMap", "name"),
    "secretRef": ("Secret", "name"),
    "secretKeyRef": ("Secret", "name"),
    "secret": ("Secret", "secretName"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
}
"""The fields of a pod that name another object: its kind, and the key that has its name."""
BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def named_by(manifest: Manifest) -> set[Named]:
    """What a manifest names. The accounts that a binding is for do not count: they are there without it."""
    role = manifest.get("roleRef") or {}
    found = {(str(role.get("kind")), str(role.get("name")))} if manifest.get("kind") in BINDINGS and role else set()
    return found | below(manifest.get("spec"))


def below(value: Any) -> set[Named]:
    """The objects that are named anywhere below a value of a manifest."""
    if isinstance(value, list):
        return {one for item in value for one in below(item)}
    if not isinstance(value, dict):
        return set()
    found = {one for inner in value.values() for one in below(inner)}
    for key, (kind, field) in BY_NAME.items():
        inner = value.get(key)
        if isinstance(inner, dict) and isinstance(inner.get(field), str):
            found.add((kind, inner[field]))
    if isinstance(value.get("serviceAccountName"), str):
        found.add(("ServiceAccount", value["serviceAccountName"]))
    return found


def offered_by(manifest: Manifest) -> set[Named]:
    """As what others may need an object: itself, and for a binding the accounts that have their rights by it."""
    subjects = manifest.get("subjects") or [] if manifest.get("kind") in BINDINGS else []
    own = (str(manifest["kind"]), str(manifest["metadata"]["name"]))
    return {own} | {("ServiceAccount", item["name"]) for item in subjects if item.get("kind") == "ServiceAccount"}
