"""The one place that uses private names of pytest, pytest-bdd and Allure. Ruff and a test keep them out of all others.

Each is behind a function that says what it is for, so that a new version of pytest is adapted to here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pytest_bdd.parser import Step
from pytest_bdd.scenario import find_fixturedefs_for_step

REPORTED = ("_pytest.", "allure_commons.", "pytest_bdd.")
"""Modules whose objects carry what is reported."""


def fixture_definitions(item: pytest.Item, name: str) -> Sequence[pytest.FixtureDef[Any]]:
    """The fixtures called `name` that an item sees, the one that it gets last. pytest has no public way to ask."""
    return item.session._fixturemanager.getfixturedefs(name, item) or ()


def step_definitions(item: pytest.Item, step: Step) -> list[pytest.FixtureDef[Any]]:
    """The step functions that match a step of an item, before it runs."""
    return list(find_fixturedefs_for_step(step, item.session._fixturemanager, item))


def example_of(item: pytest.Item) -> dict[str, str]:
    """The row of the outline that an item judges; empty if its scenario is no outline."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return dict(parameters.get("_pytest_bdd_example", {}))


def tear_down_session(session: pytest.Session) -> None:
    """Tear down everything that is set up, up to the session's own fixtures. Raises what went wrong."""
    session._setupstate.teardown_exact(None)


def is_reported(thing: object) -> bool:
    """Whether an object is part of a report by pytest, pytest-bdd or Allure."""
    return type(thing).__module__.startswith(REPORTED)
