"""`make bench ARGS=growth`: what twice as many scenarios cost on a kept platform. Source: decision 14.

Three runs of the non-disruptive scenarios, each with `--reuse`: once, with each scenario judged twice, and once again.
The ratio compares "twice" with the better of the other two, so that neither a cold start nor a machine that becomes
faster flatters it.
"""

from __future__ import annotations

import json
from typing import Any

from acceptance.base.cpu import children_cpu_seconds, machine_cpu_seconds
from acceptance.base.progress import say
from acceptance.commands.pytest_run import pytest_run
from acceptance.commands.soak import UNDISTURBING

TWICE = ("-p", "acceptance.runner.judge_twice")
GOAL = 2.0
"""Twice the scenarios must cost less than this many times as much."""
JUDGED_BY_GOAL = ("seconds", "cpu_seconds")

Figures = dict[str, float]
"""One run: `rows` judged, `seconds`, `cpu_seconds` of the machine, `suite_cpu_seconds` of pytest and children."""


def rows_of(document: dict[str, Any]) -> int:
    """How many scenarios, counting each row of an outline, a run judged."""
    return sum(len(entry["rows"]) for entry in [*document["criteria"], *document["beyond"]])


def measure_run(*arguments: str) -> tuple[Figures, int]:
    """Judge the non-disruptive scenarios on the kept platform; return figures and exit code.

    Raises UserError if the run left no report.
    """
    machine, suite = machine_cpu_seconds(), children_cpu_seconds()
    run = pytest_run("--reuse", *UNDISTURBING, *arguments)
    figures = {
        "rows": rows_of(run["document"]),
        "seconds": run["seconds"],
        "cpu_seconds": machine_cpu_seconds() - machine,
        "suite_cpu_seconds": children_cpu_seconds() - suite,
    }
    return figures, int(run["code"])


def ratios(once: list[Figures], twice: Figures) -> Figures:
    """`twice` relative to the best of `once`, by figure; figures that were not measured are left out."""
    best = {key: min(figures[key] for figures in once) for key in twice}
    return {key: round(value / best[key], 2) for key, value in twice.items() if best[key]}


def complaints(once: list[Figures], twice: Figures, codes: list[int]) -> list[str]:
    """Why the figures are meaningless, or which of them miss the goal."""
    if any(codes):
        return ["a run was not green: its figures are meaningless"]
    if not twice["rows"] or any(2 * figures["rows"] != twice["rows"] for figures in once):
        judged = [int(figures["rows"]) for figures in once]
        return [f"{int(twice['rows'])} rows were judged, not twice {judged}: the figures are meaningless"]
    found = ratios(once, twice)
    return [
        f"twice the scenarios take {found[key]} times the {key.replace('_', ' ')}: expected less than {GOAL:.0f}"
        for key in JUDGED_BY_GOAL
        if found.get(key, 0) >= GOAL
    ]


def measure_growth() -> int:
    """Print the figures as JSON; return 0 if all runs were green and twice the scenarios cost less than twice."""
    measured = [measure_run(*arguments) for arguments in ((), TWICE, ())]
    figures, codes = [figures for figures, _ in measured], [code for _, code in measured]
    once, twice = [figures[0], figures[2]], figures[1]
    document = {
        name: {key: round(value, 1) for key, value in each.items()}
        for name, each in (("once", once[0]), ("twice", twice), ("once_again", once[1]))
    }
    print(json.dumps({**document, "ratios_of_twice": ratios(once, twice), "exit_codes": codes}, indent=2))
    found = complaints(once, twice, codes)
    for line in found:
        say(line)
    return int(bool(found))
