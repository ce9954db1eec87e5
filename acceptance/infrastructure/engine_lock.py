"""Who is using a platform on kind, recorded in the engine, where every user and shell can see it.

The lock is a network of the engine, because names of networks are unique. It says who holds it; a holder that is gone
no longer counts. A kept platform has no holder but an owner, recorded on its own network.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.user import user
from acceptance.clients.docker import docker, inspect

HOLDER = "alternate-futures.dev/holder"
"""Label of the lock: user, host, process, its start time (in ticks), run."""
USER_LABEL = "alternate-futures.dev/user"
"""Label of a platform's network: its owner."""


def began(process: int) -> str:
    """When a process started, in ticks since boot; empty if there is no such process."""
    try:
        # The name, in parentheses, may contain spaces; the time is the 20th field after it.
        return Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


class EngineLock:
    """The lock of one platform. Use it as a context, or `acquire` and `release` it."""

    def __init__(self, platform: str):
        self.name = f"{platform}-lock"
        self.held = False

    def __enter__(self) -> EngineLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self, run: str, force: bool = False) -> None:
        """Take it. Raises UserError naming its holder; `force` takes it from them."""
        me = os.getpid()
        # A user without a name is described in two words, but the label is split into words.
        label = f"{HOLDER}={user().replace(' ', '-')} {socket.gethostname()} {me} {began(me)} {run}"
        for _ in range(2):
            try:
                docker("network", "create", "--internal", "--label", label, self.name)
                self.held = True
                return
            except UserError as error:
                if "already exists" not in str(error):
                    raise
            if not force and (holder := self.holder()):
                raise UserError(
                    f"{holder} is using this platform",
                    "wait for that to end; if it is gone for good: make down ARGS=--force",
                )
            docker("network", "rm", self.name, check=False)
        raise UserError(f"the lock {self.name} was taken at the same moment by another run", "try again")

    def release(self) -> None:
        """Release it."""
        if self.held:
            docker("network", "rm", self.name, check=False)
            self.held = False

    def holder(self) -> str | None:
        """Who holds it, in words; None if it is free or its holder has ended."""
        found = inspect("network", self.name)
        if found is None:
            return None
        owner, host, process, ticks, *run = (found.get("Labels") or {}).get(HOLDER, "").split() or [""] * 4
        said = f"run {' '.join(run)} of {owner}, process {process} on {host}"
        if host != socket.gethostname() or not process.isdigit():
            return said
        return said if began(int(process)) == ticks else None


def owner_of(platform: str) -> str | None:
    """The owner of the engine's platform, if that is another user."""
    found = inspect("network", platform) or {}
    owner = (found.get("Labels") or {}).get(USER_LABEL)
    return owner if owner and owner != user() else None
