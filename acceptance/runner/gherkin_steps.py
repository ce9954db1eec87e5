"""The Gherkin steps of an item as they run: which passed, which broke, which never began, how long each took."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import pytest

from acceptance.base.waiting import is_transient
from acceptance.criteria.run import RUN, covered
from acceptance.criteria.verdicts import NOT_RUN, Outcome, Step
from acceptance.runner.pytest_internals import example_of

RUNNING = "running"
STEPS = pytest.StashKey[list[Step]]()
BEGAN = pytest.StashKey[float]()
OF_SESSION = "of_session_fixture"
"""The attribute of an error that a fixture of the session raised."""


def row_name(item: pytest.Item) -> str:
    """The row of Examples that an item is: `repository=demo, in time=by webhook`; empty for a scenario without rows.

    If a plugin has a scenario judged several times, its name for each time is a column, too.
    """
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    columns = {key: value for key, value in parameters.items() if not key.startswith("_")}
    return ", ".join(f"{key}={value}" for key, value in {**example_of(item), **columns}.items())


@pytest.hookimpl(tryfirst=True)
def pytest_bdd_before_scenario(request: pytest.FixtureRequest, scenario: Any) -> None:
    """Record all its steps as not begun."""
    request.node.stash[STEPS] = [Step(f"{step.keyword} {step.name}") for step in scenario.steps]


@pytest.hookimpl(tryfirst=True)
def pytest_bdd_before_step(request: pytest.FixtureRequest) -> None:
    """The next step begins."""
    step = next(step for step in request.node.stash[STEPS] if step.outcome == NOT_RUN)
    step.outcome, request.node.stash[BEGAN] = RUNNING, time.time()


def pytest_bdd_after_step(request: pytest.FixtureRequest) -> None:
    """The step passed."""
    end(request.node, Outcome.PASSED)


def pytest_bdd_step_error(request: pytest.FixtureRequest, exception: BaseException) -> None:
    """The step broke."""
    end(request.node, outcome_of(exception))


def end(item: pytest.Item, outcome: Outcome) -> None:
    """End the current step, if any. Time spent on what the whole run needs is not counted as the step's own."""
    began, now = item.stash.get(BEGAN, 0.0), time.time()
    for step in item.stash.get(STEPS, []):
        if step.outcome == RUNNING:
            step.outcome = outcome.value
            step.duration = max(0.0, now - began - covered(item.config.stash[RUN].timeline.waits, began, now))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Mark errors raised in session fixtures: they are not the scenario's own."""
    try:
        return (yield)
    except Exception as error:
        if fixturedef.scope == "session":
            setattr(error, OF_SESSION, True)
        raise


def outcome_of(error: BaseException | None) -> Outcome:
    """The outcome of a step that raised an error.

    A step has `failed` if the platform was seen to be wrong: an assertion, a broken connection, a missing object, a
    command that was refused. Everything else, including a session fixture that failed, is an `error`: nothing was
    judged. Source: decision 11, kind 8.
    """
    if isinstance(error, pytest.skip.Exception):
        return Outcome.UNVERIFIABLE
    seen = error is not None and is_transient(error) and not hasattr(error, OF_SESSION)
    return Outcome.FAILED if seen else Outcome.ERROR


def steps_so_far(item: pytest.Item, error: BaseException | None) -> list[Step]:
    """The steps of an item; one still running was ended by `error`, which pytest-bdd does not report."""
    if error is not None:
        end(item, outcome_of(error))
    return item.stash.get(STEPS, [])
