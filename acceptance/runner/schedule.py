"""Which batch begins next: none beside what it excludes, and what the most has to wait for is begun first."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from acceptance.runner.batches import Batch


def chain(batch: Batch, every: Iterable[Batch]) -> float:
    """The seconds of all disruptive batches that cannot run beside this one, its own among them: they wait for it."""
    disruptive = [other for other in every if other.effect.disturbs]
    return sum(other.seconds for other in disruptive if other is batch or other.effect.excludes(batch.effect))


def in_order(batches: list[Batch]) -> list[Batch]:
    """Those of the longest chain first; of the same chain those that disturb nobody, then the longest."""
    chains = {id(batch): chain(batch, batches) for batch in batches}
    return sorted(batches, key=lambda batch: (-chains[id(batch)], bool(batch.effect.disturbs), -batch.seconds))


class Schedule:
    """The batches that nobody has taken yet, and those that run. Several threads may ask."""

    def __init__(self, batches: list[Batch]):
        self.waiting = in_order(batches)
        self.running: dict[int, Batch] = {}
        self.lock = threading.Lock()

    def take(self, lane: int) -> Batch | None:
        """The first batch that may run beside all that run; None if there is none, now or at all (`is_empty`)."""
        with self.lock:
            for batch in self.waiting:
                if not any(other.effect.excludes(batch.effect) for other in self.running.values()):
                    self.waiting.remove(batch)
                    self.running[lane] = batch
                    return batch
        return None

    def end(self, lane: int) -> None:
        """What a lane was at has ended, or will not go on."""
        with self.lock:
            self.running.pop(lane, None)

    @property
    def is_empty(self) -> bool:
        """Whether no batch is left to take."""
        return not self.waiting
