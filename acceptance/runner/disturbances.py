"""What a scenario disturbs and what it needs, and which scenarios therefore may not run concurrently.

A disruptive scenario says what it disturbs, by tags: `@disturbs-database`. What a scenario needs is derived from the
components that its steps ask for, and their dependencies; `@needs-frontend-service` overrides that where the steps ask
for more than the scenario uses, or look at something that they do not ask for. When in doubt, it counts as everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pytest

from acceptance.base.errors import UserError
from acceptance.platform.components import COMPONENTS
from acceptance.platform.platform import with_needs
from acceptance.runner.lookahead import components_among, fixtures_of
from acceptance.runner.tags import by_number, criterion_of, title_of

CONTROL_PLANE = "control-plane"
"""The API and what is behind it: every scenario needs it."""
EVERYTHING = "everything"
PARTS = frozenset({*COMPONENTS, CONTROL_PLANE})
"""What can be disturbed or needed."""
COLLECTIVE = ("applications", "routes")
"""Components that stand for several others: a scenario that asks for one may look at the whole platform."""
APART = {name: replace(item, wants=()) if name in COLLECTIVE else item for name, item in COMPONENTS.items()}
"""The components, without the collective ones."""


@dataclass(frozen=True)
class Effect:
    """What a scenario, or several judged together, disturb and need."""

    disturbs: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset({CONTROL_PLANE})

    def excludes(self, other: Effect) -> bool:
        """Whether the two exclude each other: one disturbs what the other disturbs or needs."""
        both = self.disturbs & (other.disturbs | other.needs) or other.disturbs & self.needs
        return bool(both)

    @property
    def is_exclusive(self) -> bool:
        """Whether nothing may run alongside it: it disturbs what everything needs."""
        return CONTROL_PLANE in self.disturbs


def together(effects: Iterable[Effect]) -> Effect:
    """The combined effect of scenarios judged in sequence in one lane."""
    known = list(effects)
    return Effect(
        frozenset().union(*(effect.disturbs for effect in known)),
        frozenset().union(*(effect.needs for effect in known)),
    )


def said(item: pytest.Item, marker: str) -> set[str]:
    """The parts that a scenario's tags name. Raises UserError for one that does not exist."""
    names = {str(mark.args[0]) for mark in item.iter_markers(marker)}
    if unknown := names - PARTS - {EVERYTHING}:
        what = f"{title_of(item)!r} has the tag @{marker}-{min(unknown)}, but there is no such part"
        raise UserError(what, f"use one of {', '.join(sorted(PARTS))} and {EVERYTHING}")
    return names


def effect_of(item: pytest.Item) -> Effect:
    """What an item disturbs and needs. Raises UserError for inconsistent tags."""
    return Effect(disturbed_by(item), needed_by(item))


def disturbed_by(item: pytest.Item) -> frozenset[str]:
    """What an item disturbs. Raises UserError if a disruptive item does not say, or one that is not disruptive does."""
    disruptive, names = item.get_closest_marker("disruptive"), said(item, "disturbs")
    if bool(disruptive) != bool(names):
        lacks = (
            "disturbs something but is not @disruptive" if names else "is @disruptive but does not say what it disturbs"
        )
        remedy = f"@disruptive @disturbs-PART, PART of {', '.join(sorted(PARTS))}; if unsure @disturbs-{EVERYTHING}"
        raise UserError(f"{title_of(item)!r} {lacks}", remedy)
    return PARTS if EVERYTHING in names else frozenset(names)


def needed_by(item: pytest.Item) -> frozenset[str]:
    """What an item needs: what its tags say, and the components that its steps ask for, each with its dependencies."""
    names, asked = said(item, "needs"), components_among(fixtures_of(item))
    if EVERYTHING in names or (not names and asked & {*COLLECTIVE}):
        return PARTS
    named = (asked | names) - {CONTROL_PLANE}
    return frozenset({CONTROL_PLANE, *with_needs(sorted(named), APART)})


def check(items: Iterable[pytest.Item]) -> None:
    """Raise UserError for a scenario with inconsistent tags, before anything runs."""
    for item in items:
        if criterion_of(item):
            disturbed_by(item)
            said(item, "needs")


def table(effects: Mapping[str, Effect]) -> str:
    """Which scenarios exclude which, for docs/architecture.md: the disruptive ones, by what they disturb and need."""
    disruptive = {name: effect for name, effect in effects.items() if effect.disturbs}
    groups: dict[tuple[str, str], list[str]] = {}
    for name, effect in disruptive.items():
        disturbed = EVERYTHING if effect.disturbs == PARTS else ", ".join(sorted(effect.disturbs))
        beside = [other for other in sorted(disruptive, key=by_number) if not effect.excludes(disruptive[other])]
        groups.setdefault((disturbed, ", ".join(beside)), []).append(name)
    rows = [
        f"| {', '.join(sorted(names, key=by_number))} | {part} | {beside or 'none'} |"
        for (part, beside), names in groups.items()
    ]
    return "\n".join(["| scenarios | disturb | may run beside these |", "|---|---|---|", *sorted(rows)])
