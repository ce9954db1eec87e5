"""The subtasks of the implementation plan: what became of each, and what proves it. Source: features/subtasks.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.base.yaml_text import document
from acceptance.criteria.verdicts import Outcome

TARGET = re.compile(r"^make ([a-z-]+)$")
TEST = re.compile(r"^(tests/[\w/]+\.py)::(test_\w+)$")
SCENARIO = re.compile(r"^(\d+\.\d+|plan-\d+(\.\d+)+)$")
WORST_FIRST = (
    Outcome.FAILED, Outcome.ERROR, Outcome.NO_SCENARIO, Outcome.UNVERIFIABLE, Outcome.NOT_SELECTED,
    Outcome.SUBSTITUTED, Outcome.PASSED,
)  # fmt: skip
REMEDY = "fix features/subtasks.yaml, or restore what it names"


class State(StrEnum):
    """What became of a subtask."""

    JUDGED = "judged"
    DONE = "done"
    SUPERSEDED = "superseded"
    MANUAL = "manual"
    NOT_DONE = "not done"


NEEDS = {
    State.JUDGED: ("by",),
    State.DONE: ("files", "check"),
    State.SUPERSEDED: ("files", "why"),
    State.MANUAL: ("why",),
    State.NOT_DONE: ("why",),
}
"""What a subtask must say besides its state."""


class Subtask(BaseModel):
    """One subtask. `by`: scenarios (a criterion's id, or plan-N.M); `check`: what fails without its `files`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    text: str
    state: State
    by: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    check: str = ""
    why: str = ""

    @property
    def task(self) -> int:
        """The task that it belongs to."""
        return int(self.id.partition(".")[0])

    @property
    def scenarios(self) -> tuple[str, ...]:
        """All scenarios that it names."""
        checked = (self.check,) if SCENARIO.match(self.check) and self.check not in self.by else ()
        return (*self.by, *checked)


class Subtasks(BaseModel):
    """The plan: the titles of its tasks, and their subtasks by id, in order."""

    model_config = ConfigDict(frozen=True)

    titles: dict[int, str] = {}
    subtasks: dict[str, Subtask] = {}


def load_subtasks(path: Path = ROOT / "features" / "subtasks.yaml") -> Subtasks:
    """Read the plan. Raises UserError naming the subtask that is missing, duplicated, out of place or invalid."""
    try:
        plan = document(path.read_text())
        count, tasks = plan["count"], plan["tasks"]
        entries = [(task["id"], entry) for task in tasks for entry in task["subtasks"]]
        titles = {task["id"]: task["title"] for task in tasks}
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is not a plan: {error!r}", "it needs count, and tasks with id, title, subtasks"
        ) from error
    subtasks: dict[str, Subtask] = {}
    for task, entry in entries:
        name = entry.get("id", f"after {list(subtasks)[-1:] or 'the beginning'}")
        try:
            subtask = Subtask.model_validate(entry)
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors())
            raise UserError(f"{path}: subtask {name}: {problems}", "fix it") from error
        missing = [field for field in NEEDS[subtask.state] if not getattr(subtask, field)]
        if missing:
            raise UserError(
                f"{path}: subtask {name} is {subtask.state}, but has no {' and no '.join(missing)}", "add it"
            )
        if subtask.id in subtasks:
            raise UserError(f"{path}: subtask {name} is listed twice", "give every subtask its own id")
        if subtask.task != task:
            raise UserError(f"{path}: subtask {name} is listed under task {task}", "put it where it belongs")
        subtasks[subtask.id] = subtask
    for identity, expected in zip(subtasks, in_order(subtasks), strict=True):
        if identity != expected:
            raise UserError(f"{path}: expected subtask {expected}, found {identity}", "number them without gaps")
    if list(titles) != list(range(1, len(titles) + 1)):
        raise UserError(f"{path}: the tasks are {list(titles)}", "number them without gaps, starting at 1")
    if len(subtasks) != count:
        raise UserError(f"{path}: the plan has {count} subtasks, but {len(subtasks)} are listed", "add what is missing")
    return Subtasks(titles=titles, subtasks=subtasks)


def in_order(identities: Iterable[str]) -> list[str]:
    """The id expected after each other one: 11.6 is followed by 11.6.1, 11.7 or 12.1."""
    found: list[str] = []
    for identity in identities:
        before = found[-1].split(".") if found else ["0", "0"]
        depth = identity.count(".") + 1
        if depth > len(before):
            allowed = [*before, "1"]
        elif depth == 2 and identity.split(".")[0] != before[0]:
            allowed = [str(int(before[0]) + 1), "1"]
        else:
            allowed = [*before[: depth - 1], str(int(before[depth - 1]) + 1)]
        found.append(".".join(allowed))
    return found


def closed_problems(catalogue: Collection[str], scenarios: Collection[str]) -> list[str]:
    """The criteria that no scenario judges."""
    return [f"criterion {identity} has no scenario" for identity in catalogue if identity not in scenarios]


def subtask_problems(known: Subtasks, scenarios: Collection[str], root: Path = ROOT) -> list[str]:
    """References of the plan to what does not exist, and scenarios beyond the criteria that it does not name."""
    found = []
    for subtask in known.subtasks.values():
        missing = [name for name in subtask.by if name not in scenarios]
        missing += [name for name in subtask.files if not (root / name).exists()]
        if subtask.check and not reference_exists(subtask.check, scenarios, root):
            missing.append(subtask.check)
        found += [f"subtask {subtask.id} names {name}, which does not exist" for name in missing]
    named = {name for subtask in known.subtasks.values() for name in subtask.scenarios}
    for identity in sorted(set(scenarios) - named):
        if identity.startswith("plan-"):
            found.append(f"the scenario @{identity} is named by no subtask")
    return found


def reference_exists(reference: str, scenarios: Collection[str], root: Path = ROOT) -> bool:
    """Whether there is such a scenario, test (`tests/test_x.py::test_y`), or target (`make check`)."""
    if target := TARGET.match(reference):
        return re.search(rf"^{target[1]}:", (root / "Makefile").read_text(), re.MULTILINE) is not None
    if test := TEST.match(reference):
        path = root / test[1]
        return path.is_file() and re.search(rf"^def {test[2]}\(", path.read_text(), re.MULTILINE) is not None
    return bool(SCENARIO.match(reference)) and reference in scenarios


def described(known: Subtasks, outcomes: Mapping[str, str]) -> list[dict[str, Any]]:
    """The tasks as stored in verdicts.json, with the verdict of what judges each subtask."""
    tasks: dict[int, dict[str, Any]] = {
        number: {"id": number, "title": title, "subtasks": []} for number, title in known.titles.items()
    }
    for subtask in known.subtasks.values():
        entry = {**subtask.model_dump(mode="json"), "outcome": worst(subtask.scenarios, outcomes)}
        tasks[subtask.task]["subtasks"].append(entry)
    return list(tasks.values())


def worst(scenarios: Iterable[str], outcomes: Mapping[str, str]) -> str | None:
    """The worst verdict of some scenarios; None for no scenario."""
    found = [Outcome(outcomes.get(name, Outcome.NO_SCENARIO)) for name in scenarios]
    return min(found, key=WORST_FIRST.index).value if found else None


def named_by(known: Subtasks) -> dict[str, list[str]]:
    """The subtasks that name each scenario."""
    found: dict[str, list[str]] = {}
    for subtask in known.subtasks.values():
        for name in subtask.scenarios:
            found.setdefault(name, []).append(subtask.id)
    return found
