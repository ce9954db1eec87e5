"""`kubectl port-forward`, which the plan uses to reach what has no address outside the cluster."""

from __future__ import annotations

import contextlib
import functools
import re
import selectors
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from acceptance.base.deadlines import Deadline
from acceptance.base.errors import UserError
from acceptance.base.waiting import when_reachable
from acceptance.clients.process import end

STARTS = 20.0
"""Seconds that a port-forward may take to listen."""
AWAY_FOR = Deadline(20, "the suite: an API server or a kubelet that restarts is away for some seconds")
LISTENING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ")


class HasKubectl(Protocol):
    """What a port-forward needs to know about a cluster."""

    @property
    def kubectl_command(self) -> list[str | Path]: ...


def start(cluster: HasKubectl, namespace: str, target: str, port: int) -> tuple[subprocess.Popen[str], str]:
    """Start a port-forward; return its process and `127.0.0.1:PORT`. Raises UserError with what kubectl said.

    If the API server or the kubelet is away at the moment, it is started again.
    """
    return when_reachable(functools.partial(start_once, cluster, namespace, target, port), within=AWAY_FOR)


def start_once(cluster: HasKubectl, namespace: str, target: str, port: int) -> tuple[subprocess.Popen[str], str]:
    """Like `start`, with one try."""
    command = [
        *(str(part) for part in cluster.kubectl_command), "--namespace", namespace,
        "port-forward", "--address", "127.0.0.1", target, f":{port}",
    ]  # fmt: skip
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    deadline = time.monotonic() + STARTS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while time.monotonic() < deadline and selector.select(deadline - time.monotonic()):
            line = process.stdout.readline()
            if match := LISTENING.search(line):
                return process, f"127.0.0.1:{match[1]}"
            if not line:
                break
            said += line
    end(process)
    raise UserError(
        f"kubectl port-forward {target} {port} in {namespace} did not start listening: {said.strip() or 'no output'}",
        f"check whether its pods are Ready: kubectl -n {namespace} get pods",
    )


@contextlib.contextmanager
def port_forward(cluster: HasKubectl, namespace: str, target: str, port: int) -> Iterator[str]:
    """Forward a port of 127.0.0.1 to `target` (`svc/NAME`, `pod/NAME`); yield `127.0.0.1:PORT`."""
    process, address = start(cluster, namespace, target, port)
    try:
        yield address
    finally:
        end(process)


class Forward:
    """A port-forward that is started on first use, and restarted when it has ended (its pod was replaced)."""

    def __init__(self, cluster: HasKubectl, namespace: str, target: str, port: int):
        self.arguments = (cluster, namespace, target, port)
        self.process: subprocess.Popen[str] | None = None
        self.current = ""

    def address(self) -> str:
        """`127.0.0.1:PORT`, with something listening there."""
        if self.process is None or self.process.poll() is not None:
            self.process, self.current = start(*self.arguments)
        return self.current

    def close(self) -> None:
        """Stop it; the next use restarts it."""
        if self.process is not None:
            end(self.process)
            self.process = None
