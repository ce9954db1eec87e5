"""Tags of features, and what they mean for an item."""

from __future__ import annotations

import re
from typing import Any

import pytest

from acceptance.criteria.catalogue import Criterion
from acceptance.runner.pytest_internals import template_of

TAG = re.compile(r"^ac-(\d+\.\d+)$")
PLAN_TAG = re.compile(r"^plan-(\d+(?:\.\d+)*)$")

LAST_TASK = 28
"""Number of the plan's last task."""


def pytest_bdd_apply_tag(tag: str, function: Any) -> bool:
    """Tags of features become markers: @ac-4.3, @system-AWS, @disruptive ..."""
    if match := TAG.match(tag):
        pytest.mark.criterion(match[1])(function)
    elif match := PLAN_TAG.match(tag):
        pytest.mark.plan(match[1])(function)
    elif tag.startswith("system-"):
        pytest.mark.system(tag.removeprefix("system-"))(function)
    elif tag.startswith(("disturbs-", "needs-")):
        kind, _, part = tag.partition("-")
        getattr(pytest.mark, kind)(part)(function)
    elif tag in ("disruptive", "writes-to-users", "last", "exclusive_platform", "rehearsal", "quiet"):
        getattr(pytest.mark, tag.replace("-", "_"))(function)
    else:
        # Raised here, it would be one of several collection errors; it is refused once all are collected.
        pytest.mark.unknown_tag(tag)(function)
    return True


def criterion_of(item: pytest.Item) -> str | None:
    """The criterion that an item judges, or `plan-22.5` for a subtask that no criterion covers."""
    if marker := item.get_closest_marker("criterion"):
        return str(marker.args[0])
    if marker := item.get_closest_marker("plan"):
        return f"plan-{marker.args[0]}"
    return None


def plan_criterion(identity: str, title: str) -> Criterion:
    """What a scenario beyond the criteria judges, in the form of a criterion."""
    task = int(identity.removeprefix("plan-").partition(".")[0])
    return Criterion(identity, title, "Plan", 0, "Beyond the criteria: what the plan verifies", (task,))


def by_number(identity: str) -> list[int]:
    """A sort key that puts plan-9.2 before plan-27.1."""
    return [int(part) for part in identity.removeprefix("plan-").split(".")]


def title_of(item: pytest.Item) -> str:
    """The scenario's title."""
    # pytest-bdd leaves "Feature: Scenario" as the docstring of the function that it makes.
    documentation = getattr(getattr(item, "function", None), "__doc__", None) or item.name
    return documentation.partition(": ")[2] or item.name


def uncollected_rows(items: list[pytest.Item]) -> list[str]:
    """Names for rows of a scenario beyond `items`: given a node id or --lf, pytest only collects some rows."""
    template = template_of(items[0])
    rows = sum(len(table.examples) for table in template.examples) if template else 0
    return [f"{title_of(items[0])}: a row that was not collected ({number})" for number in range(len(items), rows)]
