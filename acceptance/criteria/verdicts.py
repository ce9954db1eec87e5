"""Verdicts of criteria, and how they follow from the scenarios that ran. Source: docs/decisions/0003."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pytest

from acceptance.base.environment import Environment
from acceptance.criteria.catalogue import Criterion

_Skipped: Any = pytest.skip.Exception


class Unverifiable(_Skipped):
    """The subject of a criterion is not there; the message says what is missing."""


class NotSelected(_Skipped):
    """The scenario must be left out of this run; the message names the flag that would select it."""


class Outcome(StrEnum):
    """A verdict; earlier ones win when a criterion has several rows."""

    FAILED = "failed"
    ERROR = "error"
    UNVERIFIABLE = "unverifiable"
    NOT_SELECTED = "not selected"
    SUBSTITUTED = "substituted"
    PASSED = "passed"
    NO_SCENARIO = "no scenario"


ORDER = list(Outcome)


NOT_RUN = "not run"
"""The outcome of a step that never began."""


@dataclass
class Step:
    """A Gherkin step of one item: `outcome` is `passed`, `failed`, `error`, `unverifiable`, or `not run`."""

    text: str
    outcome: str = NOT_RUN
    duration: float = 0.0


@dataclass
class Row:
    """A row of a scenario, with an outcome of its own; one without Examples has one row without a name."""

    name: str
    outcome: Outcome
    reason: str = ""
    duration: float = 0.0
    steps: list[Step] = field(default_factory=list)


@dataclass
class Result:
    """The result of one item (a scenario, or one row of it)."""

    nodeid: str
    outcome: Outcome
    reason: str = ""
    started: float = 0.0
    duration: float = 0.0
    evidence: list[dict[str, Any]] = field(default_factory=list)
    stand_ins: dict[str, str] = field(default_factory=dict)
    lane: int = 1
    row: str = ""
    steps: list[Step] = field(default_factory=list)


@dataclass
class Verdict:
    """The verdict of one criterion."""

    criterion: str
    outcome: Outcome
    reason: str = ""
    scenario: str | None = None
    stand_ins: dict[str, str] = field(default_factory=dict)
    expected: bool = True
    started: float = 0.0
    duration: float = 0.0
    evidence: list[dict[str, Any]] = field(default_factory=list)
    reproduce: str | None = None
    lane: int = 1
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Scenario:
    """A scenario as collected: all its items, and the selected ones."""

    title: str
    systems: tuple[str, ...]
    items: tuple[str, ...]
    selected: tuple[str, ...]
    unselected_reason: str = "not selected on the command line"


def how_to_select(identity: str) -> str:
    """The option that selects a criterion, or a scenario beyond them (`plan-22.5`)."""
    if identity.startswith("plan-"):
        return f"--task {identity.removeprefix('plan-').partition('.')[0]}"
    return f"--criterion {identity}"


def judge(
    criterion: Criterion, scenario: Scenario | None, results: dict[str, Result], environment: Environment, given: str
) -> Verdict:
    """The verdict of `criterion` from the results of its scenario's items; --env was `given`."""
    if scenario is None:
        return Verdict(criterion.id, Outcome.NO_SCENARIO, "no scenario judges it yet")
    verdict = Verdict(criterion.id, Outcome.PASSED, scenario=scenario.title)
    verdict.reproduce = f"pytest --env={given} {how_to_select(criterion.id)}"
    stand_ins = {
        system: environment.stand_ins[system] for system in scenario.systems if system in environment.stand_ins
    }
    verdict.rows = [row_of(results[item], stand_ins) for item in scenario.items if item in results]
    if set(scenario.selected) != set(scenario.items):
        missing = len(scenario.items) - len(scenario.selected)
        verdict.outcome = Outcome.NOT_SELECTED
        verdict.reason = (
            f"{missing} of its {len(scenario.items)} rows were not selected"
            if scenario.selected
            else scenario.unselected_reason
        )
        return verdict
    rows = [
        results.get(item) or Result(item, Outcome.ERROR, "the run ended before this scenario did")
        for item in scenario.items
    ]
    worst = min(rows, key=lambda row: ORDER.index(row.outcome))
    verdict.outcome, verdict.reason = worst.outcome, worst.reason
    verdict.lane = worst.lane
    verdict.started = min(row.started for row in rows)
    verdict.duration = sum(row.duration for row in rows)
    verdict.evidence = [piece for row in rows for piece in row.evidence]
    for row in rows:
        stand_ins |= row.stand_ins
    if verdict.outcome is Outcome.PASSED and stand_ins:
        verdict.outcome, verdict.stand_ins = Outcome.SUBSTITUTED, stand_ins
        verdict.reason = "; ".join(f"{system} stood in for by {stand_in}" for system, stand_in in stand_ins.items())
    if verdict.outcome is Outcome.UNVERIFIABLE:
        verdict.expected = criterion.id in environment.unverifiable
    elif verdict.outcome in (Outcome.FAILED, Outcome.ERROR):
        verdict.expected = False
    return verdict


MARKS = {Outcome.PASSED.value: " ", NOT_RUN: "-"}
"""The marks before a step in a list, other than a cross."""


def step_lines(steps: Iterable[dict[str, Any]]) -> list[str]:
    """The steps of verdicts.json, a line each: a cross before the one that broke, its words, its seconds."""
    lines = []
    for step in steps:
        mark = MARKS.get(step["outcome"], "x")
        took = NOT_RUN if step["outcome"] == NOT_RUN else f"{step['duration']:.1f} s"
        lines.append(f"{mark} {step['text']}  ({took})")
    return lines


def row_of(result: Result, stand_ins: dict[str, str]) -> Row:
    """The verdict of one row; one that passed on a stand-in is substituted."""
    outcome = result.outcome
    if outcome is Outcome.PASSED and (stand_ins or result.stand_ins):
        outcome = Outcome.SUBSTITUTED
    return Row(result.row, outcome, result.reason, result.duration, result.steps)


def acceptable(verdict: Verdict, strict: bool) -> bool:
    """Whether a verdict lets the run end with exit code 0."""
    if verdict.outcome in (Outcome.NOT_SELECTED, Outcome.NO_SCENARIO):
        return True
    if strict:
        return verdict.outcome is Outcome.PASSED
    return verdict.expected
