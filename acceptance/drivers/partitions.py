"""Cuts of the network between the pods of two services."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

from acceptance.drivers.services import Service, now


class NetworkPartition:
    """Keeps pods of one service from reaching those of another, on the nodes, until it heals."""

    def __init__(self, source: Service, target: Service, nodes: list[str], verdict: str):
        self.cluster = source.namespace.cluster
        self.nodes = nodes
        self.rules = [
            f"FORWARD -s {a.status.pod_ip}/32 -d {b.status.pod_ip}/32 -p tcp -j {verdict}"
            for a in source.running()
            for b in target.running()
        ]

    def make(self) -> None:
        """Part them."""
        for node in self.nodes:
            self.cluster.on_node(node, "sh", "-ec", "; ".join(f"iptables -I {rule}" for rule in self.rules))

    def heal(self) -> None:
        """Undo it, however much of it was made. Raises AssertionError if something stayed."""
        for node in self.nodes:
            undo = "; ".join(f"while iptables -D {rule} 2>/dev/null; do :; done" for rule in self.rules)
            self.cluster.on_node(node, "sh", "-c", undo)
            left = self.cluster.on_node(node, "iptables", "-S", "FORWARD")
            stayed = [rule for rule in self.rules if f"-A {rule}" in left]
            assert not stayed, f"still cut on {node}: {stayed}. Try: docker exec {node} iptables -S FORWARD"


@contextlib.contextmanager
def parted(source: Service, target: Service, nodes: list[str], verdict: str) -> Iterator[Partition]:
    """The pods of one service are cut off from those of another until the end of the block, or until it heals."""
    cut = NetworkPartition(source, target, nodes, verdict)
    try:
        cut.make()
        yield cut, now()
    finally:
        cut.heal()


Partition = tuple[NetworkPartition, datetime.datetime]
"""A cut, and when it was made."""
