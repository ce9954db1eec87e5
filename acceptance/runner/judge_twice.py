"""A plugin that judges each selected scenario twice in one run: `pytest -p acceptance.runner.judge_twice`.

Each scenario, and each row of one, becomes two rows (`judged=once`, `judged=again`). The same lane judges both in
sequence, and they share the session's state, like rows added to a feature. Source: decision 14.
"""

from __future__ import annotations

import pytest

ROUNDS = ("once", "again")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Add the parameter `judged` to each scenario, that is, each item with a criterion or a subtask of the plan."""
    if any(metafunc.definition.get_closest_marker(name) for name in ("criterion", "plan")):
        metafunc.fixturenames.append("judged")
        metafunc.parametrize("judged", ROUNDS)
