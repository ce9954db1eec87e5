"""What argocd-cm makes Argo CD ignore or consider healthy, here and in production."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

import yaml

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.application_policies import named_as_production
from acceptance.platform.application_status import ARGOCD
from acceptance.platform.platform import Platform

DEPLOYED = {
    "ConfigMap", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "Role", "RoleBinding", "Service",
    "ServiceAccount", "StatefulSet",
}  # fmt: skip
"""The kinds that the Applications consist of."""
PODS = {"Pod", "ReplicaSet"}
"""What a workload creates: these tell Argo CD why it is unhealthy."""
LEGACY = "resource.customizations"
"""The older key for all customizations at once; Argo CD still reads it."""


def settings_everywhere(platform: Platform) -> dict[str, Manifest]:
    """argocd-cm, here and in production."""
    here = {"metadata": {"name": "argocd-cm"}, "data": argocd_settings(platform.cluster)}
    return {"argocd-cm": here} | named_as_production(
        item for item in platform.rendering.production("argocd") if item["metadata"]["name"] == "argocd-cm"
    )


def argocd_settings(cluster: Cluster) -> dict[str, str]:
    """The data of argocd-cm as the cluster has it."""
    return dict(cluster.core.read_namespaced_config_map("argocd-cm", ARGOCD).data or {})


def hides(settings: Manifest) -> str:
    """What argocd-cm makes Argo CD ignore in comparisons; empty if nothing."""
    data = settings.get("data") or {}
    found = [key for key in data if key.startswith("resource.customizations.ignoreDifferences")]
    found += [key for key in (LEGACY, "resource.inclusions") if data.get(key)]
    return ", ".join(found + excluded(data, DEPLOYED))


def hides_pods(settings: Manifest) -> str:
    """The exclusions in argocd-cm that keep Argo CD from seeing pods, and so from saying why they are not ready."""
    return ", ".join(excluded(settings.get("data") or {}, PODS))


def excluded(data: Mapping[str, str], kinds: set[str]) -> list[str]:
    """The exclusions in the data of argocd-cm that match any of these kinds."""
    entries = yaml.safe_load(data.get("resource.exclusions") or "[]") or []
    named = [pattern for entry in entries for pattern in entry.get("kinds") or ["*"]]
    return [f"resource.exclusions of {text}" for text in named if any(fnmatchcase(kind, text) for kind in kinds)]


def excuses(settings: Manifest) -> str:
    """The custom health rules in argocd-cm; empty if there are none."""
    data = settings.get("data") or {}
    found = [key for key in data if key == LEGACY or key.startswith("resource.customizations.health.")]
    return ", ".join(found)
