"""Labels and Gherkin steps in Allure. Allure's own plugin does the rest."""

from __future__ import annotations

from typing import Any

import allure
import pytest

from acceptance.criteria.run import RUN
from acceptance.runner.gherkin_steps import row_name
from acceptance.runner.tags import criterion_of


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """Label the scenario for Allure: requirement, criterion, tasks."""
    run = request.config.stash[RUN]
    identity = criterion_of(request.node)
    allure.dynamic.title(scenario.name)
    if identity:
        criterion = run.criterion(identity)
        allure.dynamic.epic(criterion.phase)
        allure.dynamic.feature(f"{criterion.requirement:02} {criterion.title}")
        allure.dynamic.story(f"{identity} {criterion.text}")
        allure.dynamic.label("criterion", identity)
        if row := row_name(request.node):
            allure.dynamic.label("row", row)
        for task in criterion.tasks:
            allure.dynamic.tag(f"task {task}")


def pytest_bdd_before_step(request: pytest.FixtureRequest, step: Any) -> None:
    """Open a step in Allure."""
    step.allure = allure.step(f"{step.keyword} {step.name}")
    step.allure.__enter__()


def pytest_bdd_after_step(step: Any) -> None:
    """Close it."""
    step.allure.__exit__(None, None, None)


def pytest_bdd_step_error(step: Any, exception: BaseException) -> None:
    """Close it as broken."""
    if context := getattr(step, "allure", None):
        context.__exit__(type(exception), exception, exception.__traceback__)
