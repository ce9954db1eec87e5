"""One run: what was requested, what it knows, and what it found."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from acceptance.base.environment import Environment
from acceptance.base.permissions import Permissions
from acceptance.base.progress import say
from acceptance.criteria.catalogue import Criterion
from acceptance.criteria.journal import Journal
from acceptance.criteria.subtasks import Subtasks
from acceptance.criteria.verdicts import Outcome, Result, Scenario, Verdict


@dataclass(frozen=True)
class Options:
    """What the command line asks of a run."""

    keep: str = "never"
    reuse: bool = False
    strict: bool = False
    permissions: Permissions = field(default_factory=Permissions)
    lane: int = 1
    """The number of this process among those that judge concurrently; 1 is the run's main process."""


@dataclass
class Catalogue:
    """The contract, and the scenarios that were found for it."""

    criteria: dict[str, Criterion]
    subtasks: Subtasks = field(default_factory=Subtasks)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    """By criterion or `plan-N.M`."""
    beyond: dict[str, Criterion] = field(default_factory=dict)
    """What scenarios beyond the criteria judge, in the form of criteria."""
    kinds: dict[str, str] = field(default_factory=dict)
    """`disruptive` or `destroy`, for the scenarios to which it applies."""
    unselected: dict[str, str] = field(default_factory=dict)
    """Why a scenario was left out."""


@dataclass
class Timeline:
    """When the run began and what its time went to; moments are seconds since 1970."""

    started: float = field(default_factory=time.time)
    phases: list[dict[str, Any]] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)
    """From when to when scenarios waited for what the whole run needs."""


@dataclass
class Verdicts:
    """The verdicts of a run that has ended."""

    criteria: list[Verdict] = field(default_factory=list)
    beyond: list[Verdict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What preflight found; nothing was judged then."""

    @property
    def every(self) -> list[Verdict]:
        """All of them."""
        return [*self.criteria, *self.beyond]


@dataclass
class Run:
    """What was requested of one run, and what it has seen so far."""

    id: str
    environment: Environment
    options: Options
    folder: Path
    catalogue: Catalogue
    timeline: Timeline = field(default_factory=Timeline)
    results: dict[str, Result] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    verdicts: Verdicts = field(default_factory=Verdicts)

    @property
    def journal(self) -> Journal:
        """Where results are written as they come in."""
        return Journal(self.folder / "journal.jsonl")

    def criterion(self, identity: str) -> Criterion:
        """A criterion, or what a scenario beyond the criteria judges."""
        return self.catalogue.criteria.get(identity) or self.catalogue.beyond[identity]

    @property
    def failed(self) -> bool:
        """Whether something went wrong so far."""
        return any(result.outcome in (Outcome.FAILED, Outcome.ERROR) for result in [*self.results.values()])

    @property
    def attaches(self) -> bool:
        """Whether this run uses the platform as it is and deploys nothing."""
        return self.environment.is_long_lived and not self.options.permissions.provision

    @property
    def keeps(self) -> bool:
        """Whether the platform is kept after this run."""
        if self.environment.is_long_lived:
            return True
        keep = self.options.keep
        return self.options.reuse or keep == "always" or (keep == "on-failure" and self.failed)

    def phase(self, name: str) -> Phase:
        """A phase of the run, timed for the timeline: `with run.phase("cluster"):`."""
        return Phase(self, name)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Time that a scenario spends on what the whole run needs; it is not counted as the scenario's own."""
        began = time.time()
        try:
            yield
        finally:
            self.timeline.waits.append((began, time.time()))


class Phase:
    """Times a phase of the run; announces that it began and how long it took."""

    def __init__(self, run: Run, name: str):
        self.run = run
        self.name = name

    def __enter__(self) -> None:
        self.began = time.time()
        say(f"{self.name} ...")

    def __exit__(self, kind: Any, error: Any, _traceback: Any) -> None:
        seconds = time.time() - self.began
        self.run.timeline.phases.append(
            {"name": self.name, "started": self.began, "duration": seconds, "failed": error is not None}
        )
        if threading.current_thread() is threading.main_thread():
            self.run.timeline.waits.append((self.began, self.began + seconds))
        say(f"{self.name} {'broke off after' if error else 'took'} {seconds:.1f} s")


RUN = pytest.StashKey[Run]()


def covered(spans: list[tuple[float, float]], start: float, stop: float) -> float:
    """How many of the seconds from `start` to `stop` lie in at least one of `spans`."""
    seconds, reached = 0.0, start
    for begin, end in sorted(spans):
        begin, end = max(begin, reached), min(end, stop)
        if end > begin:
            seconds += end - begin
            reached = end
    return seconds
