"""`--watch-disturbances`: finds what disruptive scenarios changed in the platform without declaring it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from acceptance.base.waiting import is_away
from acceptance.cluster.traces import Traces, changed
from acceptance.platform.platform import with_needs
from acceptance.runner.disturbances import APART, PARTS, Effect

LOOK = pytest.StashKey[Callable[[], Traces]]()
"""How to inspect the platform, once there is one."""
SETTLES = 60.0
"""Seconds during which something may still change after the scenario that disturbed it has ended."""


@dataclass
class Window:
    """One disruptive batch: the state before it, and what may change meanwhile, whichever batch disturbs it."""

    before: Traces
    allowed: frozenset[str]


class Watch:
    """Compares the platform before and after each disruptive batch, ignoring what concurrent batches disturb."""

    def __init__(self, look: Callable[[], Traces], clock: Callable[[], float] = time.monotonic):
        self.look = look
        self.clock = clock
        self.windows: dict[int, Window] = {}
        self.running: dict[int, frozenset[str]] = {}
        self.ended: list[tuple[float, frozenset[str]]] = []

    def begin(self, lane: int, effect: Effect) -> None:
        """A batch begins in a lane."""
        if not effect.disturbs:
            return
        for window in self.windows.values():
            window.allowed |= effect.disturbs
        self.running[lane] = effect.disturbs
        recent = [parts for moment, parts in self.ended if self.clock() - moment < SETTLES]
        self.windows[lane] = Window(self.look(), frozenset().union(*recent, *self.running.values()))

    def end(self, lane: int) -> str:
        """The lane's batch has ended; return its undeclared changes as a reason, empty if there are none."""
        disturbed, window = self.running.pop(lane, None), self.windows.pop(lane, None)
        if disturbed is None or window is None:
            return ""
        self.ended.append((self.clock(), disturbed))
        after = self.look()
        # While the API is away, nothing can be seen or reported.
        found = changed(window.before, after) if after else {}
        lines = [f"{part}: {', '.join(names)}" for part, names in found.items() if not rests_on(part, window.allowed)]
        tags = "its tags say what it disturbs (@disturbs-PART)"
        return f"it changed what its tags do not declare: {'; '.join(lines)}. Try: {tags}" if lines else ""


def rests_on(part: str, disturbed: frozenset[str]) -> bool:
    """Whether a part is disturbed, or depends on one that is. Changes of anything else are undeclared."""
    if part not in PARTS:
        return True
    needed = with_needs([part], APART) if part in APART else [part]
    return bool(disturbed & {*needed})


def watching(config: pytest.Config) -> Callable[[], Watch | None]:
    """Returns the run's watch, once there is a platform to inspect; None if the option is not given."""
    made: list[Watch] = []

    def watch() -> Watch | None:
        if not made and config.getoption("--watch-disturbances") and LOOK in config.stash:
            made.append(Watch(looking(config.stash[LOOK])))
        return made[0] if made else None

    return watch


def looking(look: Callable[[], Traces]) -> Callable[[], Traces]:
    """An inspection that returns nothing while the API is away."""

    def attempt() -> Traces:
        try:
            return look()
        except Exception as error:
            if not is_away(error):
                raise
            return {}

    return attempt
