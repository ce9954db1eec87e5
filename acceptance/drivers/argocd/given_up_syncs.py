"""Syncs that failed and that Argo CD does not try again. Source: criterion 3.6."""

from __future__ import annotations

import datetime

from acceptance.base.deadlines import TRIED_AGAIN
from acceptance.base.waiting import eventually
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.application_policies import applications_everywhere, troubles
from acceptance.drivers.argocd.sync_retries import ON_RECORD
from acceptance.platform.platform import Platform

ENDED_BADLY = ("Failed", "Error")
"""The phases of a sync that has ended without success."""
RUNNING = "Running"
HINT = "kubectl -n argocd get application NAME -o yaml; argocd app sync NAME once what it says is mended"


def has_given_up(application: Manifest) -> str:
    """Why Argo CD would not sync an Application again before the next push; empty if it would.

    Once every attempt to sync a commit has failed, or its sync was terminated, it does not try again, whatever
    the sync policy says, and changes by hand stay. Source: argo-cd 3.2.11, `autoSync` of the application controller.
    """
    status = application.get("status") or {}
    operation = status.get("operationState") or {}
    if operation.get("phase") == RUNNING and (long := running_for(operation)) > ON_RECORD:
        return f"its sync has been running for {long:.0f} s, and while it does, no other one starts"
    if operation.get("phase") not in ENDED_BADLY:
        return ""
    # Without a result, Argo CD considers the commit as tried.
    tried, head = (operation.get("syncResult") or {}).get("revision"), (status.get("sync") or {}).get("revision")
    if tried and tried != head:
        return ""
    said = str(operation.get("message", ""))[:300]
    return f"its sync of {head} is {operation['phase']} and is not tried again: {said}"


def running_for(operation: Manifest) -> float:
    """Seconds since an operation began; 0 if it does not say when."""
    if not operation.get("startedAt"):
        return 0.0
    began = datetime.datetime.fromisoformat(operation["startedAt"])
    return (datetime.datetime.now(datetime.UTC) - began).total_seconds()


def wait_none_given_up(platform: Platform) -> None:
    """Wait until Argo CD has given up on none of the platform's Applications. Raises TimedOut.

    Another scenario's push may just have mended a failed sync.
    """

    def none_given_up() -> bool:
        found = troubles(applications_everywhere(platform), has_given_up)
        assert not found, str(found)
        return True

    what = "the last sync of each Application to have succeeded, or to be tried again"
    eventually(none_given_up, within=TRIED_AGAIN, what=what, hint=HINT)
