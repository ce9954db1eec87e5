"""The load balancer of kind: its statistics, and what it leads to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from acceptance.clients.docker import docker
from acceptance.infrastructure.contract import Machine, Outputs


def load_balancer_command(outputs: Outputs, command: str) -> str:
    """Give a command to the load balancer's runtime API; return its answer."""
    return docker("exec", outputs.load_balancer.id, "sh", "-c", f"echo '{command}' | socat stdio /run/haproxy.sock")


@contextlib.contextmanager
def only_behind_load_balancer(outputs: Outputs, worker: Machine) -> Iterator[None]:
    """Take all other workers out of the load balancer; put them back at the end."""
    servers = [
        f"{backend}/{machine.name}"
        for machine in outputs.workers
        if machine.name != worker.name
        for backend in ("http", "https")
    ]
    # Only what this takes out is put back: a server that somebody else took out stays out.
    servers = [server for server in servers if not servers_up(outputs)[server].startswith("MAINT")]
    for server in servers:
        load_balancer_command(outputs, f"set server {server} state maint")
    try:
        yield
    finally:
        for server in servers:
            load_balancer_command(outputs, f"set server {server} state ready")


def server_statistics(outputs: Outputs, field: str) -> dict[str, str]:
    """One field of HAProxy's statistics for each server of the load balancer (`http/NAME`)."""
    rows = [line.split(",") for line in load_balancer_command(outputs, "show stat").splitlines() if line]
    column = rows[0].index(field)
    return {f"{row[0]}/{row[1]}": row[column] for row in rows[1:] if row[1] not in ("FRONTEND", "BACKEND")}


def limits(listed: str) -> dict[str, str]:
    """What `show stat` lists as limited, frontends and servers: connections at once, and new ones a second.

    Source: HAProxy's management guide, `slim` and `rate_lim`; nothing or 0 is no limit.
    """
    rows = [line.split(",") for line in listed.splitlines() if line]
    columns = {name: rows[0].index(field) for name, field in (("at once", "slim"), ("a second", "rate_lim"))}
    return {
        f"{row[0]}/{row[1]} {name}": row[column]
        for row in rows[1:]
        if row[1] != "BACKEND"
        for name, column in columns.items()
        if int(row[column] or 0)
    }


def limited(outputs: Outputs, floor: int) -> dict[str, str]:
    """The limits of the load balancer below `floor` connections. Raises UserError if its container is away."""
    found = limits(load_balancer_command(outputs, "show stat"))
    return {name: limit for name, limit in found.items() if int(limit) < floor}


def servers_up(outputs: Outputs) -> dict[str, str]:
    """Each server of the load balancer, and whether it is UP, DOWN or in MAINT."""
    return server_statistics(outputs, "status")


def connections(outputs: Outputs, server: str) -> int:
    """How many connections the load balancer has passed on to a server so far."""
    return int(server_statistics(outputs, "stot")[server])


def leads_to(outputs: Outputs, server: str) -> str:
    """The address and port that the load balancer has for a server: where it goes is not told by its name."""
    return server_statistics(outputs, "addr")[server]
