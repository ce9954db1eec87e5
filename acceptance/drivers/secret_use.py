"""How the platform's pods take secret values: from Secrets alone, here and in production."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.leaks import secret_values
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

KINDS = ("Deployment", "StatefulSet", "Job")
NAMESPACE = "default"


def running_workloads(cluster: Cluster) -> list[Manifest]:
    """The workloads of the platform's namespace, as they are in the cluster; scenarios' copies left out."""
    others = f"!{SCENARIO_LABEL}"
    lists = {
        "Deployment": cluster.apps.list_namespaced_deployment(NAMESPACE, label_selector=others).items,
        "StatefulSet": cluster.apps.list_namespaced_stateful_set(NAMESPACE, label_selector=others).items,
    }
    return [
        {"kind": kind, **cluster.api.sanitize_for_serialization(item)}
        for kind, items in lists.items()
        for item in items
    ]


def production_workloads(platform: Platform) -> list[Manifest]:
    """The workloads of the five Applications, as production renders them."""
    rendered = (item for name in APPLICATIONS for item in platform.rendering.production(name))
    return [item for item in rendered if item["kind"] in KINDS]


def containers_of(workload: Manifest) -> list[Manifest]:
    """All containers of a workload's pods."""
    spec = workload["spec"]["template"]["spec"]
    return [*(spec.get("initContainers") or []), *spec["containers"]]


def not_by_reference(workload: Manifest, keys: Mapping[str, Iterable[str]]) -> list[str]:
    """The variables of a workload that hold a secret and do not come from a Secret of the platform's that has it.

    `keys`: the keys of each Secret. A variable holds a secret if it is called like one of them.
    """
    called = {key for names in keys.values() for key in names}
    found = []
    for container in containers_of(workload):
        for item in container.get("env") or []:
            reference = (item.get("valueFrom") or {}).get("secretKeyRef")
            if reference is None and item["name"] in called and item["name"] != "POSTGRES_USER":
                found.append(f"{workload['metadata']['name']}: {item['name']} comes from no Secret")
            elif reference and reference["key"] not in keys.get(reference["name"], ()):
                found.append(f"{workload['metadata']['name']}: no {reference['key']} in the Secret {reference['name']}")
    return found


def in_clear(workload: Manifest, values: Mapping[str, str]) -> list[str]:
    """The secret values (by label) that a workload's own definition holds."""
    text = json.dumps(workload["spec"])
    return [f"{workload['metadata']['name']} holds {label}" for label, value in values.items() if value in text]


def otherwise(workloads: list[Manifest], values: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What workloads take otherwise than from the Secrets that hold these values."""
    keys, labelled = {name: [*held] for name, held in values.items()}, secret_values(values)
    return [text for item in workloads for text in (*not_by_reference(item, keys), *in_clear(item, labelled))]


def references(workloads: list[Manifest]) -> dict[str, Any]:
    """What each workload takes from which Secret."""
    return {
        workload["metadata"]["name"]: sorted(
            f"{item['name']}: {reference['name']}/{reference['key']}"
            for container in containers_of(workload)
            for item in container.get("env") or []
            if (reference := (item.get("valueFrom") or {}).get("secretKeyRef"))
        )
        for workload in workloads
    }
