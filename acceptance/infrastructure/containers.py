"""What the engine says about a container that serves as a machine: its networks, published ports and limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acceptance.clients.docker import inspect

LOOPBACK = ("127.", "::1")
"""The beginnings of the addresses at which nobody beyond this computer reaches a published port."""


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


def published(name: str) -> list[str]:
    """The ports of a container that the engine publishes beyond this computer, as `PORT at ADDRESS`."""
    container = inspect("container", name) or {}
    ports = (container.get("NetworkSettings") or {}).get("Ports") or {}
    return sorted(
        f"{port} at {place.get('HostIp') or 'every address'}"
        for port, places in ports.items()
        for place in places or []
        if not (place.get("HostIp") or "").startswith(LOOPBACK)
    )
