"""Preflight: finds everything that would break a run, in seconds and all at once, each with its remedy."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import AwsSettings, KindSettings
from acceptance.base.paths import CACHE, REPORTS, STATE
from acceptance.clients import engine
from acceptance.images.build import Images
from acceptance.images.registry import REGISTRY_PORT, registry_answers
from acceptance.images.upstream_manifests import upstream
from acceptance.infrastructure import tools
from acceptance.infrastructure.contract import cluster_name
from acceptance.infrastructure.subnet import NAMED, overlap, subnet_of
from acceptance.runner.supported_engine import check_place, check_podman, check_rootless, check_system

GB = 10**9
TOOLS = ("git", "sh", "tar")


def check_tools(more: list[str]) -> str | None:
    """The programs that the suite does not ship are installed; `more` are known to be missing."""
    missing = [name for name in TOOLS if not shutil.which(name)] + more
    if not missing:
        return None
    return f"not installed: {', '.join(missing)}\n  Remedy: install them (Debian: apt-get install {' '.join(missing)})"


def check_engine() -> str | None:
    """An engine answers."""
    if engine.answers():
        return None
    try:
        engine.client()
    except UserError as error:
        return str(error)
    return (
        "no container engine answers\n"
        "  Remedy: `make accept` installs and starts one as root on Debian; elsewhere, start Docker"
    )


def check_runtime() -> str | None:
    """Containers can start at all: without CAP_SYS_RESOURCE here, plain runc cannot grant it to nodes and refuses."""
    if not engine.lacks_sys_resource() or engine.default_runtime() != "runc":
        return None
    return (
        "CAP_SYS_RESOURCE is missing on this machine, so the engine's runtime runc cannot start a node\n"
        "  Remedy: stop the engine, and let `make accept` start one as root, whose containers run without it"
    )


def check_ports(settings: KindSettings) -> str | None:
    """Nothing listens on the load balancer's ports on 127.0.0.1, which the engine publishes; we need not bind them."""
    taken = [str(port) for port in (settings.http_port, settings.https_port) if answers_on(port)]
    if not taken:
        return None
    return (
        f"something listens on 127.0.0.1, port {' and '.join(taken)}\n  Remedy: stop it (`ss -ltnp` names it), "
        "or set infrastructure.http_port and .https_port in an environment file of your own (--env=PATH)"
    )


def answers_on(port: int) -> bool:
    """Whether something listens on a port of 127.0.0.1: it accepts a connection, or the port cannot be bound."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            # Users cannot bind ports below 1024, and need not: the engine does.
            return error.errno == errno.EADDRINUSE
    return False


def check_folders() -> str | None:
    """This user can write to the folders outside the checkout that a run uses, and to its reports."""
    for folder, variable in ((CACHE, "XDG_CACHE_HOME"), (STATE, "XDG_STATE_HOME"), (REPORTS, "AF_REPORTS")):
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            return f"{folder} cannot be written: {there} is not yours\n  Remedy: set {variable} to a folder that is"
    return None


def check_network(settings: KindSettings, name: str) -> str | None:
    """No other network of the engine uses the nodes' subnet; if none is set, one is free."""
    try:
        found = overlap(subnet_of(name, settings.subnet), name)
    except UserError as error:
        return str(error)
    return f"{found}\n  Remedy: remove that network, or {NAMED}" if found else None


def check_registry() -> str | None:
    """The port of the suite's registry is free, or a registry listens on it."""
    if not answers_on(REGISTRY_PORT) or registry_answers(f"127.0.0.1:{REGISTRY_PORT}/x"):
        return None
    return (
        f"something other than a registry listens on 127.0.0.1, port {REGISTRY_PORT}, the suite's registry port\n"
        "  Remedy: stop it (`ss -ltnp` names it)"
    )


def check_disk(environment: Environment) -> str | None:
    """There is enough free disk where the engine keeps its data."""
    folder = Path("/var/lib/docker")
    free = shutil.disk_usage(folder if folder.exists() else Path("/")).free / GB
    if free >= environment.preflight.disk_gb:
        return None
    return (
        f"{free:.1f} GB of disk are free, {environment.preflight.disk_gb:.1f} are needed\n  Remedy: free some "
        f"(`make clean` empties {CACHE}), or set preflight.disk_gb in an environment file of your own"
    )


def check_memory(environment: Environment) -> str | None:
    """Enough memory is available."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) * 1024 / GB
            if available < environment.preflight.memory_gb:
                return (
                    f"{available:.1f} GB of memory are available, {environment.preflight.memory_gb:.1f} are needed\n"
                    "  Remedy: stop something, or set preflight.memory_gb in an environment file of your own"
                )
    return None


def check_inotify() -> str | None:
    """Five nodes need more inotify instances than the kernel's default."""
    path = Path("/proc/sys/fs/inotify/max_user_instances")
    if not path.exists() or int(path.read_text()) >= 512:
        return None
    return (
        f"fs.inotify.max_user_instances is {path.read_text().strip()}, too few for five nodes\n"
        f"  Remedy: sudo sysctl fs.inotify.max_user_instances={engine.INOTIFY_INSTANCES}"
    )


def problems(
    environment: Environment, *, attaching: bool, changes: bool = False, disruptive: bool = False
) -> list[str]:
    """Every problem of this machine; when `attaching` to a kept platform, its own ports and memory use do not count.

    `changes`: whether infrastructure that outlives the run is provisioned or destroyed. `disruptive`: whether it
    disturbs users, for which it pushes to Git.
    """
    settings = environment.infrastructure
    if not isinstance(settings, KindSettings):
        missing = tools.missing_tools(environment, changes=changes)
        checks: list[Callable[[], str | None]] = [lambda: check_tools(missing), lambda: check_roots(environment)]
        if isinstance(settings, AwsSettings):
            checks.append(check_upstream)
        if disruptive:
            checks.append(lambda: check_pushing(environment))
    elif problem := check_system():
        return [problem]
    else:
        checks = [lambda: check_tools([]), check_folders, check_engine, check_inotify, lambda: check_disk(environment)]
        if not attaching:
            checks += [lambda: check_memory(environment), lambda: check_ports(settings)]
            if engine.answers():
                checks += [check_place, check_podman, lambda: check_rootless(settings)]
                checks += [check_runtime, lambda: check_network(settings, cluster_name(environment)), check_registry]
    return [problem for check in checks if (problem := check())]


def check_upstream() -> str | None:
    """The upstream manifests that production's overlays are rendered with are here, or in the cache."""
    if not (lacking := upstream(Images())):
        return None
    return (
        f"upstream manifests are missing: {', '.join(sorted(lacking))}\n"
        "  Remedy: run `make up` once on this machine, or `.venv/bin/python -m acceptance images`; both need an engine"
    )


def check_pushing(environment: Environment) -> str | None:
    """There is a password for pushing to an external Git server."""
    name = environment.gitops.password_variable
    if environment.gitops.server == "in-cluster" or not name or os.environ.get(name):
        return None
    return f"{name} is not set, and disruptive scenarios push to Git\n  Remedy: export it (docs/first-deployment.md)"


def check_roots(environment: Environment) -> str | None:
    """The CA roots that the environment file names exist."""
    if environment.acme_roots is None or Path(environment.acme_roots).expanduser().is_file():
        return None
    return (
        f"there is no {environment.acme_roots}, which acme_roots of environment {environment.name} names\n"
        "  Remedy: put the authority's roots there, as PEM"
    )
