"""traceability.html."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from acceptance.criteria.catalogue import PHASES, phase_of
from acceptance.criteria.subtasks import State
from acceptance.criteria.verdicts import Outcome

TICKS = (1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 86400)
"""Possible spacings of the timeline's marks, in seconds."""


def html(document: dict[str, Any]) -> str:
    """The traceability report: one page that opens from disk."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    template = jinja2.Environment(loader=loader, autoescape=True).get_template("traceability.html.j2")
    criteria = document["criteria"]
    every = [*criteria, *document["beyond"]]
    phases: dict[str, dict[int, list[dict[str, Any]]]] = {}
    for task in range(1, max(PHASES) + 1):
        named = [criterion for criterion in every if task in criterion["tasks"]]
        phases.setdefault(phase_of(task), {})[task] = named
    subtasks = [subtask for task in document.get("plan", []) for subtask in task["subtasks"]]
    requirements: dict[int, list[dict[str, Any]]] = {}
    for criterion in every:
        requirements.setdefault(criterion["requirement"], []).append(criterion)
    return template.render(
        document=document,
        requirements=requirements,
        phases=phases,
        unnamed=[criterion for criterion in criteria if not criterion["tasks"]],
        plan={task["id"]: task for task in document.get("plan", [])},
        subtasks=subtasks,
        states={state.value: sum(subtask["state"] == state for subtask in subtasks) for state in State},
        uncovered=[subtask for subtask in subtasks if subtask["state"] == State.NOT_DONE],
        entries={criterion["id"]: criterion for criterion in every},
        outcomes=[outcome.value for outcome in Outcome],
        step=next(step for step in TICKS if document["seconds"] / step <= 12),
    )
