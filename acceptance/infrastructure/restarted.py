"""A kept platform after a restart of the engine or the machine: what it needs beside its nodes is put right.

kind's nodes come back by themselves; what has no restart policy, or ended without an error, does not.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from acceptance.base.deadlines import RESTARTED
from acceptance.base.errors import UserError
from acceptance.base.labels import KIND_LABEL
from acceptance.base.progress import say
from acceptance.base.waiting import TimedOut, eventually
from acceptance.clients.docker import docker, inspect
from acceptance.clients.process import run
from acceptance.images.registry import REGISTRY_NAME


def put_right(name: str) -> bool:
    """Start a platform's load balancers and the registry, and reconnect the registry; return whether any had to be."""
    begun = nodes_began(name)
    balancers = [f"{name}-external-load-balancer", f"{name}-load-balancer"]
    stopped = [balancer for balancer in balancers if begun and ended_before(balancer, begun)]
    stopped += [REGISTRY_NAME] if is_stopped(REGISTRY_NAME) else []
    for container in stopped:
        say(f"  started {container}, which a restart of the engine had stopped")
        docker("start", container)
    # A registry that was made anew is not on the nodes' network.
    if is_away := REGISTRY_NAME not in str((inspect("network", name) or {}).get("Containers", "")):
        say(f"  reconnected {REGISTRY_NAME} to {name}")
        docker("network", "connect", "--alias", "registry", name, REGISTRY_NAME)
    return bool(stopped or is_away)


def nodes_began(name: str) -> datetime | None:
    """When the first of the running nodes was started; None if none runs."""
    running = docker("ps", "--quiet", "--filter", f"label={KIND_LABEL}={name}").split()
    nodes = [inspect("container", node) for node in running]
    return min((moment(node["State"]["StartedAt"]) for node in nodes if node), default=None)


def is_stopped(container: str) -> bool:
    """Whether a container is there and does not run."""
    found = inspect("container", container)
    return bool(found and not found["State"]["Running"])


def ended_before(container: str, begun: datetime) -> bool:
    """Whether a container ended before any node was started: one that somebody stopped since is left alone."""
    found = inspect("container", container)
    return bool(found and not found["State"]["Running"] and moment(found["State"]["FinishedAt"]) <= begun)


def moment(text: str) -> datetime:
    """A time as the engine writes it, which has nanoseconds, to the second."""
    return datetime.fromisoformat(f"{text[:19]}+00:00")


def wait_api(name: str, kubectl: Path, kubeconfig: Path) -> None:
    """Wait until the API answers. Raises UserError: nodes whose addresses changed do not find each other again."""

    def answers() -> bool:
        ask: list[str | Path] = [kubectl, "--kubeconfig", kubeconfig, "--request-timeout=5s", "get", "--raw", "/readyz"]
        ended = run(ask, check=False)
        assert ended.returncode == 0, ended.stderr.strip()[-200:] or f"kubectl ended with {ended.returncode}"
        return True

    try:
        eventually(answers, within=RESTARTED, what=f"the API of {name} to answer after the restart")
    except TimedOut as error:
        raise UserError(str(error), "make down, then make up") from error
