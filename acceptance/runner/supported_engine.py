"""Preflight's questions to the engine: is it Docker, on this machine, with the rights that nodes need?

Source: docs/decisions/0016-reach.md. What kind asks of a rootless engine: kind.sigs.k8s.io/docs/user/rootless.
"""

from __future__ import annotations

import ipaddress
import platform
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from acceptance.base.infrastructure_settings import KindSettings
from acceptance.clients import engine

UNPRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
"""The first port that a user may publish."""
DELEGATED = {"MemoryLimit": "memory", "PidsLimit": "pids", "CPUShares": "cpu"}
"""What a rootless engine must be able to limit, as in `docker info`, by systemd's controller."""


def check_system() -> str | None:
    """This is Linux."""
    if platform.system() == "Linux":
        return None
    return (
        f"this system is {platform.system()}, and a run needs Linux: /proc, network namespaces, an engine beside it\n"
        "  Remedy: run it in a Linux machine (a VM, or WSL 2 on Windows) that has its own Docker"
    )


def check_place() -> str | None:
    """The engine is on this machine: ports that it publishes on 127.0.0.1, and folders that it mounts, are here."""
    endpoint = engine.endpoint() or ""
    parts = urlsplit(endpoint)
    if parts.scheme in ("", "unix", "fd") or (parts.scheme == "tcp" and is_loopback(parts.hostname)):
        return None
    return (
        f"the container engine is at {endpoint}, but its published ports and mounted folders must be this machine's\n"
        "  Remedy: run on that machine, or select this one's engine (`docker context use default`, unset DOCKER_HOST)"
    )


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine's loopback."""
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_podman() -> str | None:
    """It is not Podman that answers."""
    return str(engine.PodmanFound("the container engine is Podman, not Docker")) if engine.is_podman() else None


def check_rootless(settings: KindSettings) -> str | None:
    """A rootless engine can limit what nodes use, and may publish the load balancer's ports."""
    info = engine.info()
    if "name=rootless" not in str(info.get("SecurityOptions")):
        return None
    if lacking := lacks(info):
        return (
            f"the container engine is rootless and lacks {lacking}, which nodes need\n"
            "  Remedy: use an engine that runs as root, or delegate the controllers: "
            "https://kind.sigs.k8s.io/docs/user/rootless"
        )
    first = int(UNPRIVILEGED.read_text()) if UNPRIVILEGED.exists() else 1024
    if closed := [port for port in (settings.http_port, settings.https_port) if port < first]:
        return (
            f"the container engine is rootless and may not publish port {' and '.join(map(str, closed))}\n"
            f"  Remedy: sudo sysctl net.ipv4.ip_unprivileged_port_start={min(closed)}, or set infrastructure.http_port "
            "and .https_port in an environment file of your own (--env=PATH)"
        )
    return None


def lacks(info: dict[str, Any]) -> str:
    """What a rootless engine lacks, in words; empty if nothing."""
    if str(info.get("CgroupVersion")) != "2":
        return "cgroup v2"
    missing = [name for key, name in DELEGATED.items() if not info.get(key)]
    return f"the cgroup controllers {', '.join(missing)}" if missing else ""
