"""kind's load balancer: its statistics, and its servers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from acceptance.clients.docker import docker, inspect
from acceptance.infrastructure.containers import limits as limits_of
from acceptance.infrastructure.contract import Machine, Outputs

OF_PROCESS = ("Maxconn", "ConnRateLimit", "SessRateLimit")
"""Connections at once, and new ones per second, in `show info`. Source: HAProxy's management guide."""
LEAST_SHARE = 0.25
"""The smallest part of its fair share of some connections that a server may get: chance may favour another one."""
LEAST_CORES = 0.5
"""The fewest cores for a load balancer: encrypted traffic passes it as it is, but each packet takes time."""
LEAST_MEMORY = 64e6
"""The fewest bytes of memory for a load balancer: HAProxy's buffers take 32 KiB of each of hundreds of connections."""
OWN_FILES = 10
"""Open files that HAProxy needs besides two for each connection: its sockets that listen, its pipes and its log."""
PORTS = "/proc/sys/net/ipv4/ip_local_port_range"
"""The first and the last port from which connections to one server are opened. Source: Linux, ip-sysctl."""


def load_balancer_command(outputs: Outputs, command: str) -> str:
    """Send a command to the load balancer's runtime API; return its answer."""
    return docker("exec", outputs.load_balancer.id, "sh", "-c", f"echo '{command}' | socat stdio /run/haproxy.sock")


@contextlib.contextmanager
def only_behind_load_balancer(outputs: Outputs, worker: Machine) -> Iterator[None]:
    """Put all other workers into maintenance in the load balancer; restore them at the end.

    Raises AssertionError if the load balancer does not know every worker.
    """
    assert_knows_all(outputs)
    servers = [
        f"{backend}/{machine.name}"
        for machine in outputs.workers
        if machine.name != worker.name
        for backend in ("http", "https")
    ]
    # Only restore what was taken out here: a server that was taken out otherwise stays out.
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
    """Limits of frontends and servers in `show stat`: concurrent connections, and new ones per second.

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


def limits_of_process(told: str) -> dict[str, str]:
    """Limits of the whole process in `show info`, which hold for all frontends together; 0 is no limit."""
    found = dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)
    return {name: found[name] for name in OF_PROCESS if int(found.get(name, 0))}


def limited(outputs: Outputs, floor: int) -> dict[str, str]:
    """The load balancer's limits below `floor` connections. Raises UserError if its container is gone."""
    found = limits(load_balancer_command(outputs, "show stat"))
    found |= limits_of_process(load_balancer_command(outputs, "show info"))
    return {name: limit for name, limit in found.items() if int(limit) < floor}


def scarce(outputs: Outputs, floor: int) -> dict[str, str]:
    """What the process and its container lack for `floor` connections at once: open files, ports, memory (bytes)."""
    files, (first, last) = open_files(outputs), own_ports(outputs)
    memory = limits_of(host_config(outputs)).get("memory", LEAST_MEMORY)
    return {
        name: str(seen)
        for name, seen, least in (
            ("open files", files, 2 * floor + OWN_FILES),
            ("ports for connections to a worker", last - first + 1, floor),
            ("bytes of memory", int(memory), LEAST_MEMORY),
        )
        if seen < least
    }


def open_files(outputs: Outputs) -> int:
    """The fewest files that a process of HAProxy may have open. What it tells itself is what it wanted at its start."""
    look = "for each in $(pgrep -x haproxy); do grep '^Max open files' /proc/$each/limits || :; done"
    told = docker("exec", outputs.load_balancer.id, "sh", "-c", look).replace("unlimited", str(2**31))
    return min((int(line.split()[3]) for line in told.splitlines()), default=0)


def own_ports(outputs: Outputs) -> tuple[int, int]:
    """The first and the last port from which the load balancer connects to its servers."""
    first, last = docker("exec", outputs.load_balancer.id, "cat", PORTS).split()
    return int(first), int(last)


def host_config(outputs: Outputs) -> Mapping[str, Any]:
    """The settings with which the engine runs the load balancer's container; none if it is gone."""
    return (inspect("container", outputs.load_balancer.id) or {}).get("HostConfig") or {}


def servers_up(outputs: Outputs) -> dict[str, str]:
    """Each server of the load balancer, with its state: UP, DOWN or MAINT."""
    return server_statistics(outputs, "status")


def assert_knows_all(outputs: Outputs) -> None:
    """Raise AssertionError unless each worker is behind the load balancer, for both ports."""
    wanted = {f"{backend}/{worker.name}" for worker in outputs.workers for backend in ("http", "https")}
    seen = servers_up(outputs)
    assert wanted <= seen.keys(), f"expected {sorted(wanted)} behind the load balancer, saw {sorted(seen)}"


def without_each_once(listed: str, addresses: Iterable[str]) -> dict[str, list[str]]:
    """The backends in `show stat` whose servers are not each worker once: where they lead, by backend.

    `addresses`: the workers' addresses. A worker may be there twice under two names, or in a backend of its own.
    """
    rows = [line.split(",") for line in listed.splitlines() if line]
    column, found = rows[0].index("addr"), dict[str, list[str]]()
    for row in rows[1:]:
        if row[1] not in ("FRONTEND", "BACKEND"):
            found.setdefault(row[0], []).append(row[column].rpartition(":")[0].strip("[]"))
    wanted = sorted(addresses)
    return {backend: sorted(seen) for backend, seen in found.items() if sorted(seen) != wanted}


def leads_past_workers(outputs: Outputs) -> dict[str, list[str]]:
    """The running load balancer's backends that do not have each worker once, with the addresses of their servers."""
    return without_each_once(load_balancer_command(outputs, "show stat"), [one.address for one in outputs.workers])


def unequal_shares(listed: str) -> dict[str, str]:
    """The servers in `show stat` whose share of connections differs from that of others in their backend.

    Source: HAProxy's management guide, `weight`, `act` and `bck`: a backup gets nothing while another server is up.
    """
    rows = [line.split(",") for line in listed.splitlines() if line]
    field = {name: rows[0].index(name) for name in ("weight", "act", "bck")}
    servers = [row for row in rows[1:] if row[1] not in ("FRONTEND", "BACKEND")]
    weights = {backend: {row[field["weight"]] for row in servers if row[0] == backend} for backend, *_ in servers}
    return {
        f"{row[0]}/{row[1]}": ", ".join(f"{name} {row[column]}" for name, column in field.items())
        for row in servers
        if len(weights[row[0]]) > 1
        or row[field["weight"]] == "0"
        or (row[field["act"]], row[field["bck"]]) != ("1", "0")
    }


def share_otherwise(outputs: Outputs) -> dict[str, str]:
    """The load balancer's servers whose share differs from others. Raises UserError if its container is gone."""
    return unequal_shares(load_balancer_command(outputs, "show stat"))


def connections(outputs: Outputs, server: str) -> int:
    """How many connections the load balancer has forwarded to a server so far."""
    return connections_by_server(outputs)[server]


def connections_by_server(outputs: Outputs) -> dict[str, int]:
    """How many connections the load balancer has forwarded to each server (`http/NAME`) so far."""
    return {server: int(count) for server, count in server_statistics(outputs, "stot").items()}


def passed_over(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, str]:
    """The servers that got less than a quarter of their fair share of the connections between two counts.

    What others send meanwhile counts, too: it is shared by the same rule.
    """
    got = {server: count - before.get(server, 0) for server, count in after.items()}
    found = {}
    for server, count in got.items():
        beside = [number for other, number in got.items() if other.partition("/")[0] == server.partition("/")[0]]
        if count < LEAST_SHARE * sum(beside) / len(beside):
            found[server] = f"{count} of {sum(beside)}"
    return found


def cores(outputs: Outputs) -> float | None:
    """The cores that the engine limits the load balancer's container to; None without a limit."""
    return limits_of(host_config(outputs)).get("cores")


def leads_to(outputs: Outputs, server: str) -> str:
    """The address and port that the load balancer uses for a server: its name does not tell where it goes."""
    return server_statistics(outputs, "addr")[server]
