"""The only module that uses private names of pytest, pytest-bdd and Allure; Ruff and a test keep them out elsewhere.

Each is wrapped in a function that says what it is for, so that only this module needs adapting to a new pytest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from pytest_bdd.parser import ScenarioTemplate, Step
from pytest_bdd.scenario import find_fixturedefs_for_step, scenario_wrapper_template_registry
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

REPORTED = ("_pytest.", "allure_commons.", "pytest_bdd.")
"""Modules whose objects hold report content."""


def fixture_definitions(item: pytest.Item, name: str) -> Sequence[pytest.FixtureDef[Any]]:
    """The fixtures called `name` visible to an item; the last one is used. pytest has no public API for this."""
    return item.session._fixturemanager.getfixturedefs(name, item) or ()


def step_definitions(item: pytest.Item, step: Step) -> list[pytest.FixtureDef[Any]]:
    """The step functions that match a step of an item, before it runs."""
    return list(find_fixturedefs_for_step(step, item.session._fixturemanager, item))


def template_of(item: pytest.Item) -> ScenarioTemplate | None:
    """The scenario that an item was made from, its rows not yet filled in; None for an item that is not a scenario."""
    return scenario_wrapper_template_registry.get(getattr(item, "function", len))


def step_context(definition: pytest.FixtureDef[Any]) -> StepFunctionContext:
    """A step definition's function, parser and converters."""
    return step_function_context_registry[definition.func]


def example_of(item: pytest.Item) -> dict[str, str]:
    """The row of the outline that an item judges; empty if its scenario is not an outline."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return dict(parameters.get("_pytest_bdd_example", {}))


def tear_down_session(session: pytest.Session) -> None:
    """Tear down everything that is set up, including session fixtures. Raises any error."""
    session._setupstate.teardown_exact(None)


def is_reported(thing: object) -> bool:
    """Whether an object is part of a report by pytest, pytest-bdd or Allure."""
    return type(thing).__module__.startswith(REPORTED)
