"""Which objects a manifest names: what a workload takes from others, whom a binding joins. Source: 2.5, 3.3, 3.6."""

from __future__ import annotations

from typing import Any

from acceptance.cluster.manifests import Manifest

Named = tuple[str, str]
"""Kind and name of an object."""
BY_NAME = {
    "configMapRef": ("ConfigMap", ("name",)),
    "configMapKeyRef": ("ConfigMap", ("name",)),
    "configMap": ("ConfigMap", ("name",)),
    "secretRef": ("Secret", ("name",)),
    "secretKeyRef": ("Secret", ("name",)),
    "secret": ("Secret", ("secretName", "name")),
    "persistentVolumeClaim": ("PersistentVolumeClaim", ("claimName",)),
}
"""The fields of a pod that name another object: its kind, and the keys that may have its name."""
BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def named_by(manifest: Manifest) -> set[Named]:
    """What a manifest names. The accounts that a binding is for do not count: they are there without it."""
    role = manifest.get("roleRef") or {}
    found = {(str(role.get("kind")), str(role.get("name")))} if manifest.get("kind") in BINDINGS and role else set()
    return found | below(manifest.get("spec"))


def below(value: Any, *, optional: bool = True) -> set[Named]:
    """The objects that are named anywhere below a value of a manifest; those that may be missing only if `optional`."""
    if isinstance(value, list):
        return {one for item in value for one in below(item, optional=optional)}
    if not isinstance(value, dict):
        return set()
    found = {one for inner in value.values() for one in below(inner, optional=optional)}
    for key, (kind, fields) in BY_NAME.items():
        inner = value.get(key)
        if isinstance(inner, dict) and (optional or not inner.get("optional")):
            found |= {(kind, inner[field]) for field in fields if isinstance(inner.get(field), str)}
    # An empty one is the namespace's default, as none is.
    if account := value.get("serviceAccountName"):
        found.add(("ServiceAccount", str(account)))
    return found


def offered_by(manifest: Manifest) -> set[Named]:
    """As what others may need an object: itself, and for a binding the accounts that have their rights by it."""
    subjects = manifest.get("subjects") or [] if manifest.get("kind") in BINDINGS else []
    own = (str(manifest["kind"]), str(manifest["metadata"]["name"]))
    return {own} | {("ServiceAccount", item["name"]) for item in subjects if item.get("kind") == "ServiceAccount"}
