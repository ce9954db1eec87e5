"""The state of the platform's SealedSecrets: whether they own their Secrets, match them, and can change them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.workloads import workloads
from acceptance.drivers.secrets.sealing import LOGS, TYPED, open_with_own_key, sealed_in_git
from acceptance.drivers.workloads.dry_runs import refused_changes, refused_sealed_secret, refused_secret
from acceptance.drivers.workloads.machine_room import restarts_blocked
from acceptance.platform.access import NAMESPACE
from acceptance.platform.secrets import GROUP, KEYS, SealedSecrets, read_sealed, read_secret
from acceptance.platform.secrets import NAMESPACE as HOME

WAITS = 120
"""Maximum seconds that a restart may wait after a pod is ready before it replaces the next one."""
TRY = "Try: kubectl describe quota,limits; kubectl get deployments,statefulsets; kubectl get secrets"
WIDE = ("sealedsecrets.bitnami.com/cluster-wide", "sealedsecrets.bitnami.com/namespace-wide")
"""Annotations that allow a SealedSecret to be unsealed under other names."""


def sealed_of_platform(cluster: Cluster) -> list[dict[str, Any]]:
    """All SealedSecrets in the cluster except scenarios'."""
    items = cluster.custom.list_cluster_custom_object(*GROUP, "sealedsecrets")["items"]
    return [item for item in items if not item["metadata"]["namespace"].startswith("scenario")]


def sealed_of_services(cluster: Cluster) -> list[dict[str, Any]]:
    """All SealedSecrets in the services' namespace; on a shared cluster the Secrets of others may not be readable."""
    return [item for item in sealed_of_platform(cluster) if item["metadata"]["namespace"] == NAMESPACE]


def title_of(item: dict[str, Any]) -> str:
    """Namespace and name of a SealedSecret."""
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def states_of_sealed(cluster: Cluster) -> dict[str, str]:
    """The state of each SealedSecret except scenarios', by name: `unsealed`, or what is wrong with it.

    Those that the platform needs are always among them.
    """
    missing = {f"{NAMESPACE}/{name}": "there is no such SealedSecret" for name in KEYS}
    return missing | {title_of(item): state_of_sealed(item) for item in sealed_of_platform(cluster)}


def state_of_sealed(item: dict[str, Any]) -> str:
    """The state of a SealedSecret: `unsealed`, or what is wrong with it."""
    metadata, status = item["metadata"], item.get("status") or {}
    synced: dict[str, Any] = next((part for part in status.get("conditions", []) if part["type"] == "Synced"), {})
    annotations = {**(metadata.get("annotations") or {}), **template_annotations(item)}
    wide = [name for name in WIDE if annotations.get(name) == "true"]
    if wide:
        return f"can be unsealed under other names ({wide[0]})"
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "the controller has not processed its latest change"
    return (
        "unsealed"
        if synced.get("status") == "True"
        else f"not unsealed: {synced.get('message', 'no message from the controller')}"
    )


def template_annotations(item: dict[str, Any]) -> dict[str, str]:
    """The annotations that a SealedSecret gives to its Secret."""
    return dict(item["spec"].get("template", {}).get("metadata", {}).get("annotations") or {})


def users(cluster: Cluster) -> list[str]:
    """The users as whom the controller asks the API server."""
    pods = cluster.core.list_namespaced_pod(HOME, label_selector="app=sealed-secrets").items
    names = {str(pod.spec.service_account_name) for pod in pods}
    return [f"system:serviceaccount:{HOME}:{name}" for name in sorted(names)]


def new_secret_refused(cluster: Cluster) -> list[str]:
    """Why the API server would refuse one more SealedSecret beside the services, or the controller's Secret of it."""
    found = [said for user in users(cluster) for said in refused_secret(cluster, NAMESPACE, user)]
    return found + refused_sealed_secret(cluster, NAMESPACE)


def unlike_sealed(cluster: Cluster, name: str, namespace: str) -> list[str]:
    """What of a Secret differs from TYPED, with which its SealedSecret was made: type or labels, in words."""
    seen = cluster.core.read_namespaced_secret(name, namespace)
    labels = seen.metadata.labels or {}
    found = [] if seen.type == TYPED["type"] else [f"its type is {seen.type}, not {TYPED['type']}"]
    return found + [
        f"its label {key} is {labels.get(key)!r}, not {value!r}"
        for key, value in TYPED["labels"].items()
        if labels.get(key) != value
    ]


def owners_of(cluster: Cluster, name: str, namespace: str) -> list[tuple[str, str]]:
    """Kind and name of each owner of a Secret."""
    owners = cluster.core.read_namespaced_secret(name, namespace).metadata.owner_references or []
    return [(owner.kind, owner.name) for owner in owners]


def unsealed_as_in_git(tool: SealedSecrets, repository: Repository, name: str, folder: Path) -> dict[str, str]:
    """The values of a Secret. Raises AssertionError unless they are those of Git's SealedSecret of the same name."""
    path = f"k8s/secrets/{name}.yaml"
    manifests = sealed_in_git(repository)
    assert path in manifests, f"expected {path} in Git, saw only {sorted(manifests)}"
    opened = open_with_own_key(tool, name, manifests[path], folder)
    live = read_sealed(tool.cluster, name)
    assert live is not None, f"expected a SealedSecret {name} in default, saw none. Try: kubectl apply -f {path}"
    state = state_of_sealed(live)
    assert state == "unsealed", f"expected the SealedSecret {name} to be unsealed, saw {state}. Try: {LOGS}"
    in_git = yaml.safe_load(manifests[path])["spec"]["encryptedData"]
    assert live["spec"]["encryptedData"] == in_git, (
        f"expected the SealedSecret {name} in default as in {path} in Git, but it differs"
    )
    seen = read_secret(tool.cluster, name, "default")
    assert seen is not None, (
        f"expected a Secret {name} in default, saw none. Try: kubectl describe sealedsecret {name}; {LOGS}"
    )
    different = sorted(key for key in {*opened, *seen} if opened.get(key) != seen.get(key))
    assert not different, f"these keys of the Secret {name} in default differ from {path} in Git: {different}"
    owners = owners_of(tool.cluster, name, "default")
    assert owners == [("SealedSecret", name)], (
        f"expected the SealedSecret {name} to own the Secret {name} in default, saw the owners {owners}"
    )
    return seen


def with_other_values(tool: SealedSecrets, folder: Path) -> list[str]:
    """The platform's SealedSecrets whose Secrets have other values than they do."""
    found = []
    for item in sealed_of_services(tool.cluster):
        metadata = item["metadata"]
        name, namespace = metadata["name"], metadata["namespace"]
        text = yaml.safe_dump({
            "apiVersion": "/".join(GROUP), "kind": "SealedSecret",
            "metadata": {"name": name, "namespace": namespace}, "spec": item["spec"],
        })  # fmt: skip
        opened = open_with_own_key(tool, name, text, folder)
        if opened != read_secret(tool.cluster, name, namespace):
            found.append(title_of(item))
    return found


def out_of_reach(cluster: Cluster) -> list[str]:
    """What keeps a rotated value from the platform's pods, in words: fixed Secrets, or workloads that do not roll."""
    found = []
    for item in sealed_of_services(cluster):
        name, namespace = item["metadata"]["name"], item["metadata"]["namespace"]
        if read_secret(cluster, name, namespace) is None:
            found.append(f"there is no Secret {name}")
            continue
        if cluster.core.read_namespaced_secret(name, namespace).immutable:
            found.append(f"the Secret {name} is immutable")
        if owners_of(cluster, name, namespace) != [("SealedSecret", name)]:
            found.append(f"the Secret {name} is not owned by its SealedSecret")
    names = [item["metadata"]["name"] for item in sealed_of_services(cluster)]
    for user in users(cluster):
        refused = refused_changes(cluster, NAMESPACE, names, user)
        found += [f"the API server would refuse a new value: {said}" for said in refused]
    found += [word for item in workloads(cluster, NAMESPACE, f"!{SCENARIO_LABEL}") for word in held_back(item)]
    return found + restarts_blocked(cluster, NAMESPACE)


def held_back(workload: Any) -> list[str]:
    """What keeps a restart from replacing all pods of a Deployment or StatefulSet, in words."""
    name, spec = workload.metadata.name, workload.spec
    strategy = getattr(spec, "update_strategy", None)
    rolling = getattr(strategy, "rolling_update", None)
    first = getattr(rolling, "partition", None) or 0
    found = [f"{name} is paused"] if getattr(spec, "paused", None) else []
    if getattr(strategy, "type", None) == "OnDelete":
        found.append(f"{name} replaces pods only after they are deleted by hand (OnDelete)")
    waits = getattr(spec, "min_ready_seconds", None) or 0
    if waits > WAITS:
        found.append(f"{name} waits {waits} s after each replaced pod")
    if first:
        found.append(f"{name} replaces only the pods with ordinal {first} or higher")
    return found
