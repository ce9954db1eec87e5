"""What the engine says about a container that serves as a machine: its networks and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acceptance.clients.docker import inspect


def limits(settings: Mapping[str, Any]) -> dict[str, float]:
    """The cores and bytes of memory that a container is limited to; unlimited ones are left out."""
    found = {}
    if settings.get("NanoCpus"):
        found["cores"] = settings["NanoCpus"] / 1e9
    elif settings.get("CpuQuota", 0) > 0:
        found["cores"] = settings["CpuQuota"] / (settings.get("CpuPeriod") or 100_000)
    if settings.get("Memory", 0) > 0:
        found["memory"] = float(settings["Memory"])
    return found


def other_networks(machine: str, name: str) -> list[str]:
    """The networks that a machine's container is on, other than the one of that name."""
    container = inspect("container", machine) or {}
    return sorted(set((container.get("NetworkSettings") or {}).get("Networks") or {}) - {name})
