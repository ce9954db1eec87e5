"""What the engine says of a container that is a machine: its networks, and what it is limited to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acceptance.clients.docker import inspect


def limits(settings: Mapping[str, Any]) -> dict[str, float]:
    """The cores and the bytes of memory that a container's settings limit it to; what is not limited is left out."""
    found = {}
    if settings.get("NanoCpus"):
        found["cores"] = settings["NanoCpus"] / 1e9
    elif settings.get("CpuQuota", 0) > 0:
        found["cores"] = settings["CpuQuota"] / (settings.get("CpuPeriod") or 100_000)
    if settings.get("Memory", 0) > 0:
        found["memory"] = float(settings["Memory"])
    return found


def other_networks(machine: str, name: str) -> list[str]:
    """The networks that a machine's container is on, beside the one of that name."""
    container = inspect("container", machine) or {}
    return sorted(set((container.get("NetworkSettings") or {}).get("Networks") or {}) - {name})
