"""Syncs of the platform's own Applications that an operator requests although nothing changed. Source: 3.4.

Hooks are in no comparison: what is wrong with one shows in the next sync alone. Until somebody changes the Application,
there may be none after its deployment.
"""

from __future__ import annotations

import contextlib
import functools
from typing import Any

import requests
from kubernetes.client import ApiException

from acceptance.base.deadlines import GONE, SYNCED
from acceptance.base.waiting import TimedOut, eventually
from acceptance.clients.argocd import ArgoCD, Busy
from acceptance.platform.application_deployment import begin_anew_if_stuck
from acceptance.platform.application_status import operation_in_progress
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

SYNCED_ELSEWHERE = ("backend-service", "frontend-service")
"""The Applications that other scenarios sync in full, because they change them."""
SYNCED_HERE = tuple(name for name in APPLICATIONS if name not in SYNCED_ELSEWHERE)
HINT = "kubectl -n argocd describe application NAME; kubectl get jobs,pods"
Requested = dict[str, str]
"""When the sync before the requested one began, by Application; empty if there was none."""


def request_each(argocd: ArgoCD) -> Requested:
    """Request a sync of each of SYNCED_HERE; return when the one before began. Raises TimedOut if one is not taken."""
    return {name: request(argocd, name) for name in SYNCED_HERE}


def request(argocd: ArgoCD, name: str) -> str:
    """Request a sync of an Application, once no other one runs; return when the one before began."""

    def taken() -> tuple[str]:
        before = began(argocd.application(name))
        try:
            argocd.sync(name)
        except Busy as error:
            raise AssertionError(str(error)) from error
        return (before,)

    return eventually(taken, within=SYNCED, what=f"Argo CD to take a requested sync of {name}", hint=HINT)[0]


def began(application: dict[str, Any]) -> str:
    """When the last operation of an Application began; empty if there was none."""
    return str((application.get("status", {}).get("operationState") or {}).get("startedAt", ""))


def wait_each(platform: Platform, argocd: ArgoCD, asked: Requested) -> dict[str, str]:
    """Wait until each requested sync has succeeded; return what Argo CD says of them. Raises AssertionError if not."""

    def ended() -> dict[str, str]:
        seen = {}
        for name, before in asked.items():
            application = argocd.application(name)
            assert began(application) != before, f"the requested sync of {name} has not begun"
            begin_anew_if_stuck(platform, name, application["status"])
            seen[name] = said(application)
            assert not operation_in_progress(application), f"{name}: {seen[name]}"
        return seen

    seen = eventually(ended, within=SYNCED, what=f"the requested syncs of {', '.join(asked)} to end", hint=HINT)
    bad = {name: text for name, text in seen.items() if not text.startswith("Succeeded")}
    assert not bad, f"expected a sync of what is healthy to succeed with its hooks, saw {bad}. Try: {HINT}"
    return seen


def said(application: dict[str, Any]) -> str:
    """Phase and message of an Application's last operation, and what its hooks that did not succeed say."""
    state = application.get("status", {}).get("operationState") or {}
    hooks = [
        f"{item.get('name')} {item.get('hookPhase')} {item.get('message', '')}".strip() for item in bad_hooks(state)
    ]
    return "; ".join([f"{state.get('phase')} {state.get('message', '')}".strip(), *hooks])[:600]


def bad_hooks(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The hooks of an operation that did not succeed, as Argo CD records them."""
    found = (state.get("syncResult") or {}).get("resources") or []
    return [item for item in found if item.get("hookType") and item.get("hookPhase") != "Succeeded"]


def put_back(platform: Platform, argocd: ArgoCD, asked: Requested) -> None:
    """End the requested syncs that still run, and delete the Jobs of hooks that failed: their pods would stay."""
    for name in asked:
        # What went wrong is told already.
        with contextlib.suppress(TimedOut):
            eventually(functools.partial(stopped, argocd, name), within=GONE, what=f"no running sync of {name}")
        for hook in bad_hooks(argocd.application(name).get("status", {}).get("operationState") or {}):
            with contextlib.suppress(ApiException):
                place = (hook["name"], hook.get("namespace", "default"))
                platform.cluster.batch.delete_namespaced_job(*place, propagation_policy="Background")


def stopped(argocd: ArgoCD, name: str) -> bool:
    """Terminate an Application's running sync. Raises AssertionError until it has ended."""
    doing = operation_in_progress(argocd.application(name))
    if doing == "Running":
        # It may have ended meanwhile.
        with contextlib.suppress(requests.HTTPError):
            argocd.call("DELETE", f"applications/{name}/operation")
    assert not doing, f"a sync of {name} is {doing}"
    return True
