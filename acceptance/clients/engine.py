"""The container engine's client, and what the host allows it to do."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from acceptance.base.errors import UserError
from acceptance.base.labels import KIND_LABEL, LABEL

INOTIFY_INSTANCES = 1024


class PodmanFound(UserError):
    """An error for Podman in Docker's place, which must not be replaced without asking."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"{problem}: it lacks BuildKit, and OpenTofu's Docker provider does not work with it",
            "install Docker (Debian: remove podman-docker, then apt-get install docker.io), or set DOCKER_HOST to a "
            "Docker engine of this machine",
        )


@functools.cache
def client() -> str:
    """Path of a docker client that can build with BuildKit.

    A 23+ client without the buildx plugin falls back to the deprecated builder, so it is skipped. So is Podman under
    Docker's name. Raises UserError when there is none.
    """
    seen, podman = [], []
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin"]:
        path = Path(folder) / "docker"
        # An unreadable folder counts as one without it.
        if not os.path.isfile(path) or not os.access(path, os.X_OK) or str(path) in seen:  # noqa: PTH113
            continue
        seen.append(str(path))
        version = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        if version.lower().startswith("podman"):
            podman.append(str(path))
            continue
        match = re.search(r"version (\d+)", version)
        if match and int(match[1]) < 23:
            return str(path)
        if subprocess.run([path, "buildx", "version"], capture_output=True).returncode == 0:
            return str(path)
    if podman:
        raise PodmanFound(f"{podman[0]} is Podman, not Docker")
    raise UserError(
        "no docker client that builds with BuildKit"
        + (f" (found {', '.join(seen)}, without the buildx plugin)" if seen else ""),
        remedy="run `make accept` as root on Debian, which installs one, or install Docker with its buildx plugin",
    )


def refuse_podman() -> None:
    """Raise PodmanFound if Podman is all there is: Docker's packages would replace it."""
    try:
        client()
    except PodmanFound:
        raise
    except UserError:
        return


@functools.cache
def endpoint() -> str | None:
    """The address of the engine that the docker client uses, from DOCKER_HOST or the current context.

    OpenTofu's provider does not know contexts and must be told. None if the client cannot say.
    """
    if host := os.environ.get("DOCKER_HOST"):
        return host
    command = [client(), "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    found = subprocess.run(command, capture_output=True, text=True)
    return found.stdout.strip() or None if found.returncode == 0 else None


@functools.cache
def builder() -> str:
    """The builder that builds in the engine itself, named like the current context.

    A builder in its own container, which a user may have selected, neither sees the engine's images nor adds to them.
    """
    if os.environ.get("DOCKER_HOST"):
        return "default"
    found = subprocess.run([client(), "context", "show"], capture_output=True, text=True)
    return found.stdout.strip() or "default"


def answers() -> bool:
    """Whether a container engine answers."""
    try:
        path = client()
    except UserError:
        return False
    try:
        info = subprocess.run([path, "version", "--format", "{{.Server.Version}}"], capture_output=True, timeout=30)
    except subprocess.TimeoutExpired:
        return False
    return info.returncode == 0


def info() -> dict[str, Any]:
    """What the engine says of itself (`docker info`); empty if it does not answer."""
    command = [client(), "info", "--format", "{{json .}}"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return dict(json.loads(found.stdout or "{}")) if found.returncode == 0 else {}


def is_podman() -> bool:
    """Whether it is Podman that answers a docker client."""
    command = [client(), "version", "--format", "{{json .Server}}"]
    return "Podman Engine" in subprocess.run(command, capture_output=True, text=True, timeout=30).stdout


def default_runtime() -> str:
    """The runtime that the engine starts containers with, usually `runc`; empty if the engine does not say."""
    command = [client(), "info", "--format", "{{.DefaultRuntime}}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


def lacks_sys_resource() -> bool:
    """Whether the bounding set of this process lacks CAP_SYS_RESOURCE (bit 24), as in some sandboxes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            return not int(line.split()[1], 16) & (1 << 24)
    return False


def kept_containers() -> list[str]:
    """Names of running containers that belong to a kept platform."""
    found: set[str] = set()
    # kind's nodes have kind's label, but not the run's.
    for label in (LABEL, KIND_LABEL):
        command = [client(), "ps", "--filter", f"label={label}", "--format", "{{.Names}}"]
        found |= set(subprocess.run(command, capture_output=True, text=True).stdout.split())
    return sorted(found)
