"""The subnet of the nodes' network: the one configured, or one that no other network of the engine uses."""

from __future__ import annotations

import functools
import ipaddress
import json

from acceptance.base.errors import UserError
from acceptance.clients.docker import docker

POOL = ipaddress.IPv4Network("172.16.0.0/12")
"""The range to choose from, last subnets first: the engine assigns the first ones to its own networks."""
CANDIDATES = tuple(reversed(list(POOL.subnets(new_prefix=16))))[1:]
NAMED = "set infrastructure.subnet in an environment file of your own"


def subnets_in_use() -> dict[str, list[ipaddress.IPv4Network]]:
    """The IPv4 subnets of each network of the engine, by its name."""
    identities = docker("network", "ls", "--quiet").split()
    # A network removed in the meantime is missing from the output.
    listed = json.loads(docker("network", "inspect", *identities, check=False) or "[]") if identities else []
    found: dict[str, list[ipaddress.IPv4Network]] = {}
    for network in listed:
        parts = [part["Subnet"] for part in network["IPAM"]["Config"] or [] if ":" not in part["Subnet"]]
        found[network["Name"]] = [ipaddress.IPv4Network(part, strict=False) for part in parts]
    return found


def overlap(wanted: str, name: str) -> str | None:
    """A network other than `name` that overlaps the subnet `wanted`, and how, if there is one."""
    network = ipaddress.IPv4Network(wanted)
    for other, subnets in subnets_in_use().items():
        for subnet in subnets:
            if other != name and subnet.overlaps(network):
                return f"the Docker network {other} has {subnet}, which overlaps {wanted}"
    return None


@functools.cache
def subnet_of(name: str, wanted: str | None) -> str:
    """The subnet for the network `name`: `wanted`, its current one, or a free one. Raises UserError if none is free."""
    if wanted:
        return wanted
    used = subnets_in_use()
    if mine := used.pop(name, []):
        return str(mine[0])
    for candidate in CANDIDATES:
        if not any(subnet.overlaps(candidate) for subnets in used.values() for subnet in subnets):
            return str(candidate)
    raise UserError(f"the engine's networks use up {POOL}", f"docker network prune, or {NAMED}")
