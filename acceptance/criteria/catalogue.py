"""The acceptance criteria, as features/requirements.yaml lists them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.base.yaml_text import document

PHASES = {
    6: "Phase 1: Infrastructure Provisioning",
    10: "Phase 2: Core Cluster Services",
    12: "Phase 3: Stateful Services",
    16: "Phase 4: Application Services",
    17: "Phase 5: Ingress and TLS",
    21: "Phase 6: End-to-End Verification",
    24: "Phase 7: Disaster Recovery & Testing",
    28: "Phase 8: Documentation and Handoff",
}
"""The plan's phases, by their last task."""

TAGGED = re.compile(r"^\s*@ac-(\d+\.\d+)\b.*\n(?:\s*@.*\n)*\s*Scenario(?: Outline)?: *(.+)", re.MULTILINE)


@dataclass(frozen=True)
class Criterion:
    """One acceptance criterion: `id` is "4.3", `tasks` are the tasks of the plan that name it."""

    id: str
    text: str
    component: str
    requirement: int
    title: str
    tasks: tuple[int, ...]

    @property
    def phase(self) -> str:
        """The phase of the plan whose task names the criterion first."""
        return phase_of(self.tasks[0]) if self.tasks else "named by no task of the plan"


def phase_of(task: int) -> str:
    """The phase of the plan that a task belongs to."""
    return next(phase for last, phase in PHASES.items() if task <= last)


def load_catalogue(path: Path = ROOT / "features" / "requirements.yaml") -> dict[str, Criterion]:
    """The criteria by id, in order. Raises UserError for an id that is duplicated, missing or out of place."""
    catalogue: dict[str, Criterion] = {}
    try:
        requirements = document(path.read_text())["requirements"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a list of requirements: {error}", "fix it") from error
    for requirement in requirements:
        for position, entry in enumerate(requirement["criteria"], 1):
            expected = f"{requirement['id']}.{position}"
            if missing := {"id", "text", "component", "tasks"} - set(entry):
                raise UserError(
                    f"{path}: criterion {expected} has no {', '.join(sorted(missing))}", "add what is missing"
                )
            identity = entry["id"]
            if identity in catalogue:
                raise UserError(f"{path}: criterion {identity} is listed twice", "give every criterion its own id")
            if identity != expected:
                raise UserError(f"{path}: expected criterion {expected}, found {identity}", "number them without gaps")
            catalogue[identity] = Criterion(
                identity,
                entry["text"],
                entry["component"],
                requirement["id"],
                requirement["title"],
                tuple(entry["tasks"]),
            )
    numbers = sorted({criterion.requirement for criterion in catalogue.values()})
    if numbers != list(range(1, len(numbers) + 1)):
        raise UserError(f"{path}: the requirements are {numbers}", "number them without gaps, starting at 1")
    return catalogue


def written_scenarios(root: Path) -> dict[str, str]:
    """The titles of the scenarios in the features below `root`, by criterion, including those not collected."""
    paths = [*root.glob("*.feature"), *root.glob("features/*.feature")]
    return {identity: title.strip() for path in paths for identity, title in TAGGED.findall(path.read_text())}
