"""How much each member of etcd may store: beyond its quota the whole cluster takes no writes. Source: 2.8.

A member with less than the others raises the alarm for all of them, however much room those have.
"""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.cluster.etcd import etcdctl
from acceptance.drivers.cluster.etcd_settings import of_member

FLAG = "quota-backend-bytes"
DEFAULT = 2 * 1024**3
"""What a member may store where nothing, or 0, is said. Source: etcd, "System limits"."""
LEAST = 1024**3
"""The fewest bytes that a member may have: the events and revisions of a busy cluster take hundreds of megabytes."""


def full_stores(cluster: Cluster) -> list[str]:
    """The members of etcd that may store too little, or another amount than the others, and alarms, in words.

    Nothing where no process etcd runs (K3s embeds it).
    """
    machines = [machine.name for machine in cluster.outputs.control_planes]
    flags = {name: of_member(cluster, name) for name in machines}
    said = {name: found.get(FLAG, "0") for name, found in flags.items() if found}
    if not said:
        return []
    alarms = etcdctl(cluster, "alarm", "list").splitlines()
    return in_words(said) + [f"etcd has raised the alarm {line.strip()}" for line in alarms if line.strip()]


def in_words(quotas: Mapping[str, str]) -> list[str]:
    """What is wrong with the members' quotas in bytes, as their flags say them, in words; a negative one is none."""
    allowed = {name: int(text) or DEFAULT for name, text in quotas.items()}
    said = [f"{name} stores {size} bytes at most" for name, size in allowed.items() if 0 <= size < LEAST]
    return said + ([f"the members' quotas differ: {allowed}"] if len({*allowed.values()}) > 1 else [])
