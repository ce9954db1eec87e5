"""How long an Application retries a failing sync: until then the sync is recorded as running. Source: 3.8."""

from __future__ import annotations

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.polling import seconds_of

BACKOFF = {"duration": "5s", "factor": 2, "maxDuration": "3m"}
"""Argo CD's defaults. Source: its user guide, "Sync options", retry."""
ON_RECORD = 1800
"""Seconds within which a failing sync has to be recorded as failed; a fix that is pushed waits as long.

Production's Applications retry for twenty minutes, because a first deployment waits for machines and images.
"""


def seconds(duration: str) -> float:
    """A duration as Argo CD reads it (`2h`, `1m30s`, `500ms`), in seconds; a plain number is in seconds."""
    if duration.isdigit():
        return float(duration)
    return seconds_of(duration)


def waited(retry: Manifest) -> float:
    """The total time in seconds between the attempts of a sync."""
    said = {**BACKOFF, **{name: value for name, value in (retry.get("backoff") or {}).items() if value}}
    first, longest = seconds(str(said["duration"])), seconds(str(said["maxDuration"]))
    tries = range(min(int(retry.get("limit", 0)), ON_RECORD * 1000))
    waits = (first * float(said["factor"]) ** min(number, 99) for number in tries)
    return sum(min(wait, longest) if longest else wait for wait in waits)


def has_no_end(application: Manifest) -> str:
    """Why an Application's retries would keep a failing sync from being recorded as failed; empty if they would not."""
    retry = (application["spec"].get("syncPolicy") or {}).get("retry") or {}
    if int(retry.get("limit", 0)) < 0:
        return "a failing sync is retried forever and never recorded as failed"
    if (long := waited(retry)) > ON_RECORD:
        return f"a failing sync is recorded as failed after {long:.0f} s, expected {ON_RECORD} s at most: {retry}"
    return ""


def gives_up_at_once(application: Manifest) -> str:
    """Why a sync that failed once would not be tried again; empty if it would.

    Argo CD itself tries five times where an Application says nothing of retries, and never where it says only how long
    to wait. Source: Argo CD, controller, autoSync; criterion 3.6.
    """
    retry = (application["spec"].get("syncPolicy") or {}).get("retry")
    if retry is None or int(retry.get("limit", 0)):
        return ""
    return f"a sync that fails once is not tried again: retry is {retry}"
