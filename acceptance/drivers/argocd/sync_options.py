"""What annotations on objects in Git tell Argo CD to do with them, here and in production."""

from __future__ import annotations

from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.manifests import HOOK, Manifest
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

SYNC, COMPARE = "argocd.argoproj.io/sync-options", "argocd.argoproj.io/compare-options"
KEEPS = ("Prune=false", "Prune=confirm")
"""Options with which objects removed from Git stay in the cluster, or wait for confirmation."""
SERVING = ("Deployment", "StatefulSet", "DaemonSet", "Service", "NetworkPolicy", "PodDisruptionBudget", "IngressRoute")
"""Kinds of objects that have to stay between syncs; a hook is for jobs, and for what they need."""
FORCES = ("Force=true", "Replace=true")
"""Options with which Argo CD deletes and recreates what it cannot change."""


def objects_everywhere(platform: Platform, argocd: ArgoCD) -> dict[str, Manifest]:
    """Every object of the platform's Applications: as Argo CD renders them from Git, and as production renders them."""
    found: dict[str, Manifest] = {}
    for name in APPLICATIONS:
        found |= {f"{name}'s {called(item)}": item for item in argocd.manifests(name)}
        found |= {f"production's {name}: {called(item)}": item for item in platform.rendering.production(name)}
    return found


def called(item: Manifest) -> str:
    """Kind and name of an object."""
    return f"{item['kind']} {item['metadata']['name']}"


def options(item: Manifest, annotation: str) -> list[str]:
    """The options that an annotation of an object lists."""
    return [option.strip() for option in (item["metadata"].get("annotations") or {}).get(annotation, "").split(",")]


def is_skipped(item: Manifest) -> str:
    """Why Argo CD ignores an object in Git, or treats what serves as a hook; empty if it does neither.

    A hook does not count when the cluster is compared with Git, and is created anew or left alone by each sync.
    """
    hook = [option for option in options(item, HOOK) if option]
    if "Skip" in hook:
        return "Argo CD skips it (hook: Skip)"
    return f"Argo CD does not keep it as Git says (hook: {', '.join(hook)})" if hook and item["kind"] in SERVING else ""


def stays(item: Manifest) -> str:
    """Why an object would stay in the cluster after its removal from Git; empty if it would not."""
    kept = [option for option in options(item, SYNC) if option in KEEPS]
    kept += [option for option in options(item, COMPARE) if option == "IgnoreExtraneous"]
    return f"it stays in the cluster after its removal from Git ({', '.join(kept)})" if kept else ""


def is_forced(item: Manifest) -> str:
    """Why Argo CD would recreate an object, or all objects of an Application, to change it; empty if it would not."""
    policy = (item.get("spec") or {}).get("syncPolicy") or {}
    forced = [option for option in [*options(item, SYNC), *(policy.get("syncOptions") or ())] if option in FORCES]
    return f"objects that the API refuses to change are recreated ({', '.join(forced)})" if forced else ""
