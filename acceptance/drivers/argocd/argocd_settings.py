"""What argocd-cm makes Argo CD ignore or consider healthy, here and in production."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
GROUPS = ("", "apps", "batch", "networking.k8s.io", "policy", "rbac.authorization.k8s.io")
"""The API groups of these kinds; that of the first is empty."""
HERE = ("https://kubernetes.default.svc",)
"""What Argo CD calls the cluster in which it runs."""
PODS = {"Pod", "ReplicaSet"}
"""What a workload creates: these tell Argo CD why it is unhealthy."""
LEGACY = "resource.customizations"
"""The older key for all customizations at once; Argo CD still reads it."""


SAID_BY_GIT = ("/spec/", "/data/", "/binaryData/", "/rules/", "/subjects/", "/roleRef/")
"""The fields of these kinds that have what Git says, as JSON pointers."""
JQ_OF_GIT = re.compile(r"\.(?:\[\")?(?:spec|data|binaryData|rules|subjects|roleRef)\b")
"""The same as the beginning of an expression of jq."""


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
    """What argocd-cm makes Argo CD ignore in comparisons of what the platform deploys; empty if nothing."""
    data = settings.get("data") or {}
    found = customized(data, "ignoreDifferences", DEPLOYED)
    found += [key for key in customized(data, "ignoreResourceUpdates", DEPLOYED) if key != LEGACY and told(data[key])]
    found += ["resource.inclusions"] if data.get("resource.inclusions") else []
    return ", ".join(found + excluded(data, DEPLOYED))


def customized(data: Mapping[str, str], part: str, kinds: set[str]) -> list[str]:
    """The keys in the data of argocd-cm that customize a part (`health`) of any of these kinds, or of all."""
    prefix = f"resource.customizations.{part}."
    found = [
        key for key in data if key.startswith(prefix) and is_for(*key.removeprefix(prefix).rpartition("_")[::2], kinds)
    ]
    return found + ([LEGACY] if data.get(LEGACY) and any(is_for(*name, kinds) for name in old_names(data)) else [])


def told(rule: str) -> bool:
    """Whether a rule for updates that Argo CD ignores covers what Git says of an object; its status is none of it."""
    try:
        found = yaml.safe_load(rule)
    except yaml.YAMLError:
        return True
    paths = found if isinstance(found, dict) else {}
    pointers = [str(path).rstrip("/") for path in paths.get("jsonPointers") or []]
    expressions = [str(path).strip() for path in paths.get("jqPathExpressions") or []]
    return any(not path or f"{path}/".startswith(SAID_BY_GIT) for path in pointers) or any(
        path in (".", "..", ".[]") or bool(JQ_OF_GIT.match(path)) for path in expressions
    )


def old_names(data: Mapping[str, str]) -> list[tuple[str, str]]:
    """The groups and kinds that the older key customizes; all if it cannot be read."""
    try:
        found = yaml.safe_load(data[LEGACY])
    except yaml.YAMLError:
        return [("*", "*")]
    names = [str(name).rpartition("/") for name in found] if isinstance(found, dict) else [("*", "/", "*")]
    return [(group, kind) for group, _, kind in names]


def is_for(group: str, kind: str, kinds: set[str]) -> bool:
    """Whether a customization's group and kind, either a pattern, are those of anything that the platform deploys."""
    named = kind == "all" or any(fnmatchcase(one, kind) for one in kinds)
    return named and any(fnmatchcase(one, group) for one in GROUPS)


def hides_pods(settings: Manifest) -> str:
    """The exclusions in argocd-cm that keep Argo CD from seeing pods, and so from saying why they are not ready."""
    return ", ".join(excluded(settings.get("data") or {}, PODS))


def excluded(data: Mapping[str, str], kinds: set[str]) -> list[str]:
    """The exclusions in the data of argocd-cm that match any of these kinds, of their groups and in this cluster."""
    entries = yaml.safe_load(data.get("resource.exclusions") or "[]") or []
    ours = [
        entry for entry in entries if is_matched(entry, "apiGroups", GROUPS) and is_matched(entry, "clusters", HERE)
    ]
    named = [pattern for entry in ours for pattern in entry.get("kinds") or ["*"]]
    return [f"resource.exclusions of {text}" for text in named if any(fnmatchcase(kind, text) for kind in kinds)]


def is_matched(entry: Mapping[str, list[str]], field: str, texts: Iterable[str]) -> bool:
    """Whether a field of an exclusion matches one of some texts; where it says nothing, it matches all."""
    patterns = entry.get(field) or ["*"]
    return any(fnmatchcase(text, pattern) for text in texts for pattern in patterns)


def excuses(settings: Manifest) -> str:
    """The rules in argocd-cm for the health of what the platform deploys or of its pods; empty if there are none."""
    return ", ".join(customized(settings.get("data") or {}, "health", DEPLOYED | PODS))
