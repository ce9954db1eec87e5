"""How long an Application tries a sync again that fails: until then it is on record as running. Source: 3.8."""

from __future__ import annotations

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.argocd.polling import seconds_of

BACKOFF = {"duration": "5s", "factor": 2, "maxDuration": "3m"}
"""Where nothing is said. Source: Argo CD's user guide, "Sync options", retry."""
ON_RECORD = 1800
"""Seconds in which a sync that fails has to be on record as failed; a fix that is pushed waits as long.

Production's Applications are tried for twenty minutes, for a first deployment waits for machines and images.
"""


def seconds(duration: str) -> float:
    """A duration as Argo CD reads it (`2h`, `1m30s`, `500ms`), in seconds; a number alone is one of seconds."""
    if duration.isdigit():
        return float(duration)
    return seconds_of(duration)


def waited(retry: Manifest) -> float:
    """Seconds that lie between the tries of a sync, all together."""
    said = {**BACKOFF, **{name: value for name, value in (retry.get("backoff") or {}).items() if value}}
    first, longest = seconds(str(said["duration"])), seconds(str(said["maxDuration"]))
    tries = range(min(int(retry.get("limit", 0)), ON_RECORD * 1000))
    waits = (first * float(said["factor"]) ** min(number, 99) for number in tries)
    return sum(min(wait, longest) if longest else wait for wait in waits)


def has_no_end(application: Manifest) -> str:
    """Whether a sync of an Application that fails is tried for long or for ever, and is not on record as failed."""
    retry = (application["spec"].get("syncPolicy") or {}).get("retry") or {}
    if int(retry.get("limit", 0)) < 0:
        return "a sync that fails is tried again without end, and never recorded as failed"
    if (long := waited(retry)) > ON_RECORD:
        return f"a sync that fails is recorded as failed after {long:.0f} s, expected {ON_RECORD} s at most: {retry}"
    return ""
