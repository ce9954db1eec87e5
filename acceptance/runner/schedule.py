"""Which batch begins next: never alongside one that it excludes, and first the one that most others wait for."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from acceptance.runner.batches import Batch


def chain(batch: Batch, every: Iterable[Batch]) -> float:
    """The seconds of this batch and all disruptive ones that exclude it and so must wait for it."""
    disruptive = [other for other in every if other.effect.disturbs]
    return sum(other.seconds for other in disruptive if other is batch or other.effect.excludes(batch.effect))


def in_order(batches: list[Batch]) -> list[Batch]:
    """Longest chain first, a batch's own length counted in full besides: it can start late, but not be split.

    Of equal ones, non-disruptive batches first.
    """
    weights = {id(batch): chain(batch, batches) + batch.seconds for batch in batches}
    return sorted(batches, key=lambda batch: (-weights[id(batch)], bool(batch.effect.disturbs), -batch.seconds))


class Schedule:
    """The batches not taken yet, and those running. Thread-safe."""

    def __init__(self, batches: list[Batch]):
        self.waiting = in_order(batches)
        self.running: dict[int, Batch] = {}
        self.lock = threading.Lock()

    def take(self, lane: int) -> Batch | None:
        """The first batch that may run alongside those running; None if none may now or none is left (`is_empty`)."""
        with self.lock:
            for batch in self.waiting:
                if not any(other.effect.excludes(batch.effect) for other in self.running.values()):
                    self.waiting.remove(batch)
                    self.running[lane] = batch
                    return batch
        return None

    def end(self, lane: int) -> None:
        """A lane's batch has ended or was abandoned."""
        with self.lock:
            self.running.pop(lane, None)

    @property
    def is_empty(self) -> bool:
        """Whether no batch is left to take."""
        return not self.waiting
