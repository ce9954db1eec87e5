"""Lanes: processes that judge scenarios concurrently. Source: decision 14.

The run's main process is the first of them. It brings up the platform, and hands out scenarios in batches such that
concurrent ones do not disturb each other (`schedule.py`). The others are started with the same command line, attach
once the platform is up, and report back. What must run alone is left to the first, once the others have ended.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from acceptance.base.progress import say
from acceptance.base.secrecy import register_secret
from acceptance.clients.process import end, interrupts_held_back
from acceptance.criteria.run import Run
from acceptance.criteria.verdicts import Outcome, Result
from acceptance.platform.platform import Platform
from acceptance.runner.batches import Batch
from acceptance.runner.item_loop import check_stop, run_batch
from acceptance.runner.lane_connection import Line
from acceptance.runner.schedule import Schedule
from acceptance.runner.undeclared_disturbances import Watch

LANES = pytest.StashKey["Lanes"]()
"""The lanes of this run, if it has several."""
OWN = 1
"""The number of the lane that is the run's main process."""
TIDIED = 150
"""Seconds that a lane may take, once told to end, to revert what its scenarios changed: a rollout at most."""


@dataclass
class Lane:
    """A process in addition to the run's main one."""

    number: int
    process: subprocess.Popen[str]
    line: Line
    log: Path
    begun: list[str] = field(default_factory=list)
    """The items that it was given and has not finished."""
    asks: bool = False
    """Whether it is waiting for a batch."""
    ended: bool = False


class Lanes:
    """The lanes of a run, and their batches."""

    def __init__(self, run: Run, schedule: Schedule, watch: Callable[[], Watch | None] = lambda: None):
        self.run = run
        self.schedule = schedule
        self.watch = watch
        self.lanes: list[Lane] = []
        self.closing = False
        self.handing_out = threading.RLock()
        self.reports: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def start(self, count: int, config: pytest.Config) -> None:
        """Start `count` processes; each collects scenarios and then waits for the platform."""
        for number in range(2, count + 2):
            ours, theirs = Pipe()
            log = self.run.folder / f"lane-{number}.log"
            command = [sys.executable, "-m", "pytest", *config.invocation_params.args, f"--lane={theirs.fileno()}"]
            with theirs, log.open("wb") as output, interrupts_held_back():
                process = subprocess.Popen(
                    command, cwd=config.invocation_params.dir, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    pass_fds=(theirs.fileno(),), start_new_session=True, text=True,
                )  # fmt: skip
                lane = Lane(number, process, Line(ours), log)
                self.lanes.append(lane)
            lane.line.send({"run": self.run.id, "folder": self.run.folder, "number": number})
            threading.Thread(target=self.listen, args=(lane,), name=f"lane-{number}", daemon=True).start()

    def begin(self, platform: Platform) -> None:
        """Let the lanes begin once each component of the platform is up or has failed to come up.

        The main process waits, too: nothing that looks at the whole platform is judged while half of it is missing.
        """
        with self.run.waiting():
            self.tell(platform.standing())

    def tell(self, message: Any) -> None:
        """Send a message to all lanes; those that have ended are ignored."""
        for lane in self.lanes:
            with contextlib.suppress(OSError):
                lane.line.send(message)

    def hand_out(self) -> None:
        """Give each waiting lane a batch that may run now; end those for which nothing is left."""
        with self.handing_out:
            for lane in self.lanes:
                if not lane.asks:
                    continue
                batch = self.take(lane.number)
                if batch or self.schedule.is_empty:
                    lane.asks = False
                    lane.begun = batch.names if batch else []
                    with contextlib.suppress(OSError):
                        lane.line.send(lane.begun)

    def take(self, number: int) -> Batch | None:
        """The next batch for a lane, if one may begin now."""
        with self.handing_out:
            batch = self.schedule.take(number)
            if batch and (watch := self.watch()):
                watch.begin(number, batch.effect)
        return batch

    def release(self, number: int, last: str = "") -> None:
        """A lane is idle after item `last`: others may begin what had to wait for it."""
        with self.handing_out:
            found = watch.end(number) if (watch := self.watch()) else ""
            self.schedule.end(number)
        if found and (result := self.run.results.get(last)):
            result.outcome, result.reason = Outcome.ERROR, f"{result.reason}\n{found}".strip()
            self.run.journal.write(result)
        self.hand_out()
        # The main process may be waiting for this, too.
        self.reports.put(None)

    def run_own(self, session: pytest.Session) -> str | None:
        """Judge in the main process until nothing is left to take; return the last item's node id."""
        last = None
        while batch := self.wait_for_batch(session):
            for _ in run_batch(session, batch.items):
                self.replay(session)
            last = batch.names[-1]
            self.release(OWN, last)
        return last

    def wait_for_batch(self, session: pytest.Session) -> Batch | None:
        """The next batch for the main process, once one may run; None if all are taken."""
        while not (batch := self.take(OWN)) and not self.schedule.is_empty:
            self.replay(session, wait=True)
        return batch

    def listen(self, lane: Lane) -> None:
        """The thread of one lane: receives its messages until it ends."""
        try:
            with contextlib.suppress(EOFError, OSError):
                while True:
                    self.hear(lane, *lane.line.receive())
        finally:
            lane.line.connection.close()
            code = lane.process.wait()
            if not self.closing and code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
                self.record_crash(lane, code)
            lane.ended, lane.asks = True, False
            self.release(lane.number)

    def record_crash(self, lane: Lane, code: int) -> None:
        """Report for each unfinished scenario of a lane that the lane ended unexpectedly."""
        say(f"lane {lane.number} ended with {code}. Try: read {lane.log}")
        for nodeid in lane.begun:
            result = self.run.results.setdefault(nodeid, Result(nodeid, Outcome.ERROR))
            result.outcome = Outcome.ERROR
            result.reason = f"lane {lane.number} ended with {code} before this scenario did. Try: read {lane.log}"
            self.run.journal.write(result)

    def hear(self, lane: Lane, kind: str, content: Any = None) -> None:
        """Handle one message from a lane."""
        if kind == "say":
            say(f"lane {lane.number}: {content}")
        elif kind == "secret":
            register_secret(content)
        elif kind == "phases":
            self.run.timeline.phases.extend(content)
        elif kind == "result":
            self.run.results[content.nodeid] = content
        elif kind == "report":
            report, result = content
            self.run.results[result.nodeid] = result
            self.reports.put(report)
            if report["when"] == "teardown":
                lane.begun = [nodeid for nodeid in lane.begun if nodeid != result.nodeid]
                if not lane.begun:
                    self.release(lane.number, result.nodeid)
        elif kind == "next":
            lane.asks = True
            self.hand_out()

    def replay(self, session: pytest.Session, *, wait: bool = False) -> None:
        """Pass reports that arrived to pytest; with `wait`, wait for at least one, or for the end of a lane."""
        with contextlib.suppress(queue.Empty):
            while True:
                content = self.reports.get(block=wait)
                wait = False
                if content:
                    hook = session.config.hook
                    report = hook.pytest_report_from_serializable(config=session.config, data=content)
                    hook.pytest_runtest_logreport(report=report)
        check_stop(session)

    def working(self) -> bool:
        """Whether a lane is still running."""
        return any(not lane.ended for lane in self.lanes) or not self.reports.empty()

    def close(self) -> None:
        """End the lanes that are still running, letting each clean up first."""
        self.closing = True
        for lane in self.lanes:
            if lane.process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    lane.process.send_signal(signal.SIGTERM)
        for lane in self.lanes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                lane.process.wait(TIDIED)
            end(lane.process)
