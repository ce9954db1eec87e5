"""Progress and verdicts on the terminal."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

import pytest

from acceptance.base.progress import Output, speaking_through
from acceptance.base.secrecy import redact
from acceptance.criteria.run import RUN
from acceptance.criteria.verdicts import Outcome, Verdict, step_lines
from acceptance.reports.critical_path import in_lines


class PastCapture(Output):
    """Shows progress immediately, even while pytest captures output, on a copy of standard output."""

    def __init__(self, config: pytest.Config, log: Path):
        super().__init__()
        self.config = config
        self.log = log
        self.stream = os.fdopen(os.dup(1), "w")

    @property
    def terminal(self) -> TextIO | None:
        """Standard output, if it is a terminal."""
        return self.stream if self.stream.isatty() else None

    def say(self, message: str) -> None:
        """Write a line to the log and to standard output, without secrets."""
        text = redact(message)
        with self.log.open("a") as file:
            file.write(f"{datetime.datetime.now(datetime.UTC):%H:%M:%SZ} {text}\n")
        super().say(text)

    def write(self, message: str) -> None:
        """Write a line to standard output."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter and reporter.currentfspath:
            # The line of dots is unfinished; pytest begins a new one after this.
            reporter.currentfspath = None
            message = "\n" + message
        self.stream.write(message + "\n")
        self.stream.flush()


def speak_past_capture(config: pytest.Config, log: Path) -> None:
    """Send all progress of this run past pytest's capture, and to `log`."""
    output = PastCapture(config, log)
    config.add_cleanup(output.stream.close)
    speak_through(config, output)


def speak_through(config: pytest.Config, output: Output) -> None:
    """Send all progress to `output` until pytest ends."""
    stack = contextlib.ExitStack()
    stack.enter_context(speaking_through(output))
    config.add_cleanup(stack.close)


def broken_steps(verdict: Verdict) -> Iterator[str]:
    """The steps of each row that did not pass, with durations, the broken one marked."""
    for row in verdict.rows:
        if row.outcome in (Outcome.FAILED, Outcome.ERROR):
            if row.name:
                yield f"{row.name}: {next(iter(row.reason.splitlines()), '')}".rstrip()
            yield from step_lines(map(asdict, row.steps))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table of verdicts, and the path of the report."""
    run = config.stash.get(RUN, None)
    if run is None or not run.verdicts.criteria:
        return
    terminalreporter.section("verdicts")
    for verdict in run.verdicts.every:
        if verdict.outcome in (Outcome.NO_SCENARIO, Outcome.NOT_SELECTED):
            continue
        mark = "" if verdict.expected else "  <- fails the run"
        terminalreporter.write_line(
            f"{verdict.criterion:>10}  {verdict.outcome:<13} {verdict.duration:6.1f} s  {verdict.scenario}{mark}"
        )
        if verdict.reason and verdict.outcome is not Outcome.SUBSTITUTED:
            lines = verdict.reason.splitlines()
            for line in lines if len(lines) <= 8 else [*lines[:1], "...", *lines[-6:]]:
                terminalreporter.write_line(f"       {line}")
        if verdict.outcome in (Outcome.FAILED, Outcome.ERROR):
            for line in broken_steps(verdict):
                terminalreporter.write_line(f"         {line}")
    counts = {outcome: sum(verdict.outcome is outcome for verdict in run.verdicts.criteria) for outcome in Outcome}
    terminalreporter.write_line(
        f"{len(run.verdicts.criteria)} criteria: "
        + ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    )
    for line in in_lines(run.facts.get("critical_path", [])):
        terminalreporter.write_line(line)
    terminalreporter.write_line(f"report: {os.path.relpath(run.folder / 'traceability.html')}")
