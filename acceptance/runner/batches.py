"""Batches: the scenarios that one lane judges one after another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

from acceptance.runner.disturbances import Effect, effect_of, together
from acceptance.runner.durations import SECONDS
from acceptance.runner.lookahead import fixtures_of, steps_of
from acceptance.runner.pytest_internals import fixture_definitions
from acceptance.runner.tags import criterion_of

ALONE = ("rehearsal", "last", "quiet")
OF_EACH_LANE = "data_client"
"""State that each lane creates for itself: a pod, which is cheaper than waiting for another lane's."""


@dataclass(eq=False)
class Batch:
    """What one lane judges in sequence: all rows of a scenario, or scenarios that share session state."""

    items: list[pytest.Item] = field(default_factory=list)
    effect: Effect = field(default_factory=Effect)
    seconds: float = 0.0
    """Its approximate duration."""

    @property
    def names(self) -> list[str]:
        """The node ids of its items."""
        return [item.nodeid for item in self.items]


def session_state(item: pytest.Item) -> list[str]:
    """The session fixtures that one lane creates for all scenarios that ask for them."""
    return sorted(
        name
        for name in fixtures_of(item) - {OF_EACH_LANE}
        for definition in fixture_definitions(item, name)[-1:]
        if definition.scope == "session" and definition.func.__module__ == "fixtures.session_state"
    )


def seconds_of(items: Iterable[pytest.Item]) -> float:
    """The approximate duration of items together."""
    rows: dict[str, int] = {}
    for item in items:
        identity = criterion_of(item) or item.name
        rows[identity] = rows.get(identity, 0) + len(steps_of(item))
    return sum(SECONDS.get(identity, steps) for identity, steps in rows.items())


def batches(items: list[pytest.Item]) -> list[Batch]:
    """The scenarios among `items` that may run alongside others; those that exclude all others are left out."""
    groups: dict[str, list[pytest.Item]] = {}
    effects: dict[str, list[Effect]] = {}
    for item in items:
        identity = criterion_of(item)
        if not identity or any(item.get_closest_marker(name) for name in ALONE):
            continue
        effect = effect_of(item)
        if not effect.is_exclusive:
            key = next(iter(session_state(item)), identity)
            groups.setdefault(key, []).append(item)
            effects.setdefault(key, []).append(effect)
    return [Batch(group, together(effects[key]), seconds_of(group)) for key, group in groups.items()]
