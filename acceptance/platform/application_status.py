"""The status of an Argo CD Application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ARGOCD = "argocd"

PASSWORD_SECRET = "admin-password"

GROUP = ("argoproj.io", "v1alpha1")
REFRESH = "argocd.argoproj.io/refresh"
GOOD = ("Synced", "Healthy", "Succeeded")
"""The `summary` of an Application with nothing wrong."""

TERMINATING = {"status": {"operationState": {"phase": "Terminating"}}}
"""The patch that ends an Application's running sync."""


IN_PROGRESS = ("Running", "Terminating")
"""The phases of a sync that has not ended."""


@dataclass
class Application:
    """An Application of Argo CD, and the namespace that it deploys to."""

    name: str
    namespace: str = "default"


def summary(status: dict[str, Any]) -> tuple[str, str, str]:
    """Sync status, health and phase of the last operation."""
    return (
        status.get("sync", {}).get("status", "Unknown"),
        status.get("health", {}).get("status", "Unknown"),
        status.get("operationState", {}).get("phase", "none yet"),
    )


def operation_in_progress(application: dict[str, Any]) -> str:
    """The operation in progress on an Application: its phase, or `requested`; empty if there is none.

    While there is one, Argo CD refuses a sync, a rollback and a new operation. One that is being terminated is still
    in progress.
    """
    phase = application.get("status", {}).get("operationState", {}).get("phase")
    if phase in IN_PROGRESS:
        return str(phase)
    return "requested" if application.get("operation") else ""


def messages(status: dict[str, Any]) -> str:
    """The problems that an Application reports."""
    texts = [item.get("message", "") for item in status.get("conditions", [])]
    texts += [
        f"{item['kind']}/{item['name']}: {item['health'].get('message', '')}"
        for item in status.get("resources", [])
        if item.get("health", {}).get("status") not in (None, "Healthy")
    ]
    texts.append(status.get("operationState", {}).get("message", ""))
    return "; ".join(text for text in texts if text)[:600]
