"""Batches: the non-disruptive scenarios that one lane judges one after another."""

from __future__ import annotations

import pytest

from acceptance.runner.lookahead import fixtures_of, steps_of
from acceptance.runner.pytest_internals import fixture_definitions
from acceptance.runner.tags import criterion_of

DISTURBING = ("disruptive", "rehearsal", "last")


Batch = list[pytest.Item]
"""What one lane judges, one after another: all rows of a scenario, or all scenarios that share what only one has."""


def session_state(item: pytest.Item) -> list[str]:
    """The fixtures of the session that an item asks for and steps define: another process would make its own."""
    return sorted(
        name
        for name in fixtures_of(item)
        for definition in fixture_definitions(item, name)[-1:]
        if definition.scope == "session" and definition.func.__module__ == "fixtures.session_state"
    )


def batches(items: list[pytest.Item]) -> list[Batch]:
    """The undisturbing scenarios among `items`, those of most steps first: what is long is not begun last."""
    groups: dict[str, Batch] = {}
    for item in items:
        identity = criterion_of(item)
        if identity and not any(item.get_closest_marker(name) for name in DISTURBING):
            groups.setdefault(next(iter(session_state(item)), identity), []).append(item)
    return sorted(groups.values(), key=lambda batch: sum(len(steps_of(item)) for item in batch), reverse=True)
