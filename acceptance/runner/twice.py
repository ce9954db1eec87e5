"""A plugin that judges each selected scenario twice in one run: `pytest -p acceptance.runner.twice`.

Each scenario, and each row of one, becomes two rows that say so (`judged=once`, `judged=again`). Both are judged by the
same lane, one after another, and share what the session has, just as rows that are added to a feature. Source: issue K,
part 5.
"""

from __future__ import annotations

import pytest

ROUNDS = ("once", "again")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Add the parameter `judged` to each scenario, which is what has a criterion or a subtask of the plan."""
    if any(metafunc.definition.get_closest_marker(name) for name in ("criterion", "plan")):
        metafunc.fixturenames.append("judged")
        metafunc.parametrize("judged", ROUNDS)
