"""The hooks at the end of the platform's syncs, which make a sync wait for health. Source: 3.4."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.manifests import HOOK, Manifest
from acceptance.drivers.argocd.sync_options import options
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

KEPT = "argocd.argoproj.io/hook-delete-policy"
REPLACED = "BeforeHookCreation"
"""The policy by which each sync recreates a hook; Argo CD's default."""


def is_hook(item: Manifest) -> bool:
    """Whether an object is a PostSync hook that every sync recreates: this makes a sync wait for health."""
    return item["kind"] == "Job" and "PostSync" in options(item, HOOK) and runs_each_time(item)


def runs_each_time(hook: Manifest) -> bool:
    """Whether a hook is removed before the next sync; one that stays would end that sync with its old result."""
    policy = set(options(hook, KEPT)) - {""} or {REPLACED}
    always = REPLACED in policy or policy >= {"HookSucceeded", "HookFailed"}
    return always or "generateName" in hook["metadata"]


def hooks_in(manifests: Iterable[Manifest]) -> list[str]:
    """The names of the PostSync hooks among objects."""
    return [item["metadata"]["name"] for item in manifests if is_hook(item)]


def hooks_that_ran(application: Manifest) -> list[str] | None:
    """The PostSync hooks that succeeded in an Application's last sync; None if that sync does not tell.

    Argo CD runs no hooks when it heals single objects, and does not come to them in a sync that ends before.
    """
    operation = application.get("status", {}).get("operationState", {})
    resources = operation.get("syncResult", {}).get("resources", [])
    hooks = [item for item in resources if item.get("hookType") == "PostSync"]
    if operation.get("operation", {}).get("sync", {}).get("resources"):
        return None
    if not hooks and operation.get("phase") != "Succeeded":
        return None
    return [item["name"] for item in hooks if item.get("hookPhase") == "Succeeded"]


def hooks_everywhere(platform: Platform, argocd: ArgoCD) -> dict[str, list[str]]:
    """The PostSync hooks of the platform's Applications: in Git, in the last sync, and in production's rendering."""
    found = {}
    for name in APPLICATIONS:
        found[f"{name} in Git"] = hooks_in(argocd.manifests(name))
        ran = hooks_that_ran(argocd.application(name))
        if ran is not None:
            found[f"{name}'s last sync"] = ran
        found[f"production's {name}"] = hooks_in(platform.rendering.production(name))
    return found
