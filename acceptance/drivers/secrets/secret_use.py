"""How the platform's pods get secret values: only from Secrets, here and in production."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import objects_of, pod_of
from acceptance.drivers.secrets.git_leaks import secret_values
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ConfigMap")
"""Kinds that use secret values, or could contain them in clear text."""
NAMESPACE = "default"


def running_workloads(cluster: Cluster) -> list[Manifest]:
    """Objects of KINDS in the platform's namespace, without scenarios' copies and pods of other workloads."""
    found = objects_of(cluster, NAMESPACE, KINDS, f"!{SCENARIO_LABEL}")
    return [item for item in found if item["kind"] != "Pod" or not item["metadata"].get("ownerReferences")]


def production_workloads(platform: Platform) -> list[Manifest]:
    """Objects of KINDS of the five Applications, as production renders them."""
    rendered = (item for name in APPLICATIONS for item in platform.rendering.production(name))
    return [item for item in rendered if item["kind"] in KINDS]


def containers_of(workload: Manifest) -> list[Manifest]:
    """All containers of a workload's pods, or of a pod; none of a ConfigMap."""
    spec = pod_of(workload).get("spec") or {}
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]


def not_by_reference(workload: Manifest, keys: Mapping[str, Iterable[str]]) -> list[str]:
    """The variables of a workload that hold a secret but do not refer to the Secret that has it, in words.

    `keys`: the keys of each Secret. A variable holds a secret if it has the name of one of them.
    """
    called = {key for names in keys.values() for key in names}
    found = []
    for container in containers_of(workload):
        for item in container.get("env") or []:
            reference = (item.get("valueFrom") or {}).get("secretKeyRef")
            if reference is None and item["name"] in called and item["name"] != "POSTGRES_USER":
                found.append(f"{workload['metadata']['name']}: {item['name']} does not come from a Secret")
            elif reference and item["name"] in called - {reference["key"]}:
                found.append(f"{workload['metadata']['name']}: {item['name']} is {reference['key']} of another secret")
            elif reference and reference["key"] not in keys.get(reference["name"], ()):
                found.append(f"{workload['metadata']['name']}: no {reference['key']} in the Secret {reference['name']}")
    return found


def in_clear(workload: Manifest, values: Mapping[str, str]) -> list[str]:
    """The secret values (by label) that a workload's own definition contains, in words."""
    text = json.dumps({part: workload.get(part) for part in ("spec", "data", "binaryData")})
    return [f"{workload['metadata']['name']} holds {label}" for label, value in values.items() if value in text]


def keys_in_clear(workload: Manifest, keys: Mapping[str, Iterable[str]]) -> list[str]:
    """A ConfigMap's keys with the name of a Secret's key, in words: pods use all its keys as variables."""
    called = {key for names in keys.values() for key in names} - {"POSTGRES_USER"}
    data = workload.get("data") or {} if workload.get("kind") == "ConfigMap" else {}
    return [f"the ConfigMap {workload['metadata']['name']} has {key}" for key in data if key in called]


def otherwise(workloads: list[Manifest], values: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Which of these values workloads take from elsewhere than their Secrets, in words."""
    keys, labelled = {name: [*held] for name, held in values.items()}, secret_values(values)
    return [
        text
        for item in workloads
        for text in (*not_by_reference(item, keys), *keys_in_clear(item, keys), *in_clear(item, labelled))
    ]


def references(workloads: list[Manifest]) -> dict[str, Any]:
    """Each workload's variables that come from Secrets, by workload."""
    return {
        workload["metadata"]["name"]: sorted(
            f"{item['name']}: {reference['name']}/{reference['key']}"
            for container in containers_of(workload)
            for item in container.get("env") or []
            if (reference := (item.get("valueFrom") or {}).get("secretKeyRef"))
        )
        for workload in workloads
        if containers_of(workload)
    }
