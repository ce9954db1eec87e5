"""How long a machine remembers a connection that it forwards: once forgotten, its next packet is lost. Source: 1.9."""

from __future__ import annotations

from acceptance.cluster.cluster import Cluster

SETTING = "net.netfilter.nf_conntrack_tcp_timeout_established"
LOOK = ("cat", f"/proc/sys/{SETTING.replace('.', '/')}")
"""Prints the seconds for which an idle connection is remembered; the kernel's own value is five days."""


def forgetful(cluster: Cluster, least: int) -> dict[str, int]:
    """The workers that forget idle connections sooner than after `least` seconds, with their seconds.

    None where no machine can be reached, or tracks no connections (a network of eBPF).
    """
    workers = [] if cluster.is_attached else cluster.outputs.workers
    said = {worker.name: cluster.on_node(worker.name, *LOOK, check=False).strip() for worker in workers}
    return {name: int(text) for name, text in said.items() if text.isdigit() and int(text) < least}
