"""Progress and verdicts on the terminal."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from acceptance.base import progress
from acceptance.base.secrecy import redact
from acceptance.criteria.run import RUN
from acceptance.criteria.verdicts import Outcome, Verdict, step_lines


def speak_past_capture(config: pytest.Config, log: Path) -> None:
    """Have progress seen at once, also while pytest captures what fixtures print: on a copy of standard output."""
    terminal = os.dup(1)

    def speak(message: str) -> None:
        text = redact(message) + "\n"
        with log.open("a") as file:
            file.write(f"{datetime.datetime.now(datetime.UTC):%H:%M:%SZ} {text}")
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter and reporter.currentfspath:
            # The line of dots is not finished; pytest begins a new one after this.
            reporter.currentfspath = None
            text = "\n" + text
        os.write(terminal, text.encode())

    def be_quiet() -> None:
        progress.speak = progress.to_stderr
        os.close(terminal)

    progress.speak = speak
    config.add_cleanup(be_quiet)


def broken_steps(verdict: Verdict) -> Iterator[str]:
    """The steps of each row that did not hold, with their durations, the broken one marked."""
    for row in verdict.rows:
        if row.outcome in (Outcome.FAILED, Outcome.ERROR):
            if row.name:
                yield f"{row.name}:"
            yield from step_lines(map(asdict, row.steps))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table of verdicts, and where the report is."""
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
    terminalreporter.write_line(f"report: {os.path.relpath(run.folder / 'traceability.html')}")
