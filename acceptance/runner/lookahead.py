"""Finds out what the selected scenarios will ask for before they run."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_bdd.parser import Step

from acceptance.base.errors import UserError
from acceptance.platform.components import COMPONENTS
from acceptance.platform.platform import with_needs
from acceptance.runner.pytest_internals import (
    example_of,
    fixture_definitions,
    step_context,
    step_definitions,
    template_of,
)


def steps_of(item: pytest.Item) -> list[Step]:
    """An item's steps, with its row filled in."""
    template = template_of(item)
    return list(template.render(example_of(item)).steps) if template else []


FIXTURES = pytest.StashKey[set[str]]()
BY_PYTEST_BDD = ("request", "datatable", "docstring")
"""What pytest-bdd and pytest themselves hand to steps."""


def fixtures_of(item: pytest.Item) -> set[str]:
    """All fixtures that a scenario's steps ask for, which pytest itself only learns while they run.

    Raises UserError for an undefined step, and for one that needs what no step before it provides, both of which
    pytest-bdd would only notice on reaching it.
    """
    if FIXTURES not in item.stash:
        item.stash[FIXTURES] = find_fixtures(item)
    return item.stash[FIXTURES]


def find_fixtures(item: pytest.Item) -> set[str]:
    """`fixtures_of`, found by matching each step against all definitions (5 ms per item)."""
    names, provided = set(getattr(item, "fixturenames", ())), set(BY_PYTEST_BDD)
    for step in steps_of(item):
        definitions = step_definitions(item, step)
        if not definitions:
            what = f"{item.name} has the step {step.name!r}, which is not defined"
            raise UserError(what, "define it in steps/, or use the words of an existing step")
        for context in map(step_context, definitions):
            wanted = set(inspect.signature(context.step_func).parameters)
            given = provided | set(context.parser.parse_arguments(step.name) or {})
            if lacking := sorted(name for name in wanted - given if not fixture_definitions(item, name)):
                what = f"{item.name}: the step {step.name!r} needs {lacking[0]}, which nothing before it provides"
                raise UserError(what, f"put a step before it that has target_fixture={lacking[0]!r}")
            names |= wanted
            provided |= {context.target_fixture} if context.target_fixture else set()
    asked, waiting = set(names), list(names)
    while waiting:
        for definition in fixture_definitions(item, waiting.pop()):
            new = set(definition.argnames) - asked
            asked |= new
            waiting.extend(new)
    return asked


def step_calls(item: pytest.Item, fixture: str) -> Iterator[Callable[..., object]]:
    """The step functions of an item that ask for a fixture, each with the values of its step filled in."""
    for step in steps_of(item):
        for definition in step_definitions(item, step):
            context = step_context(definition)
            if fixture in inspect.signature(context.step_func).parameters:
                values: dict[str, Any] = context.parser.parse_arguments(step.name) or {}
                plain = {name: context.converters.get(name, str)(value) for name, value in values.items()}
                yield functools.partial(context.step_func, **plain)


def components_among(names: set[str]) -> set[str]:
    """The components among fixtures: each has its fixture's name."""
    return {name.replace("_", "-") for name in names} & set(COMPONENTS)


def wanted_components(session: pytest.Session) -> list[str]:
    """The components that the selected scenarios ask for, with their dependencies."""
    return with_needs(
        sorted({name for item in session.items for name in components_among(fixtures_of(item))}), COMPONENTS
    )
