"""Network cuts between the pods of two services."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator

from acceptance.drivers.network.cuts import NetworkPartition
from acceptance.drivers.services.service import Service, now


@contextlib.contextmanager
def partitioned(source: Service, target: Service, nodes: list[str], verdict: str) -> Iterator[Partition]:
    """Cut one service's pods off from another's until the end of the block, or until the cut heals."""
    ways = [(str(a.status.pod_ip), str(b.status.pod_ip)) for a in source.running() for b in target.running()]
    cut = NetworkPartition(source.namespace.cluster, nodes, ways, verdict)
    try:
        cut.make()
        yield cut, now()
    finally:
        cut.heal()


Partition = tuple[NetworkPartition, datetime.datetime]
"""A cut, and when it was made."""
