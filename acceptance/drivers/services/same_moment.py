"""Calls that several clients send at the same moment, each over a connection that it has opened before.

Source: 8.6, 8.7, 9.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

C = TypeVar("C")
First = TypeVar("First")
Second = TypeVar("Second")
PATIENCE = 60
"""Seconds that a client waits for the others."""


def at_the_same_moment(
    clients: Iterable[C], connect: Callable[[C], First], send: Callable[[C], Second], patience: float = PATIENCE
) -> list[tuple[First, Second]]:
    """What two calls of each client return: `connect`, which opens its connection, and `send`, once all have theirs.

    Both begin for all clients at once. Raises threading.BrokenBarrierError if one is not there within `patience`.
    """
    clients = list(clients)
    together = Barrier(len(clients), timeout=patience)

    def both(client: C) -> tuple[First, Second]:
        together.wait()
        first = connect(client)
        together.wait()
        return first, send(client)

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(both, clients))
