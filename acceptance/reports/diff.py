"""`make report-diff A=... B=...`: what changed between two runs."""

from __future__ import annotations

from typing import Any

from acceptance.criteria.verdicts import Outcome
from acceptance.reports.merge import NOT_JUDGED, Document

FACTS = ("environment", "domain", "cluster_uid", "kubernetes", "commit", "clean", "stand_ins", "exit_code")
SLOWER = (1.5, 5.0)
"""A scenario became slower if it takes this many times as long, and this many seconds more."""
GOOD = (Outcome.PASSED, Outcome.SUBSTITUTED)


def changes(a: Document, b: Document) -> tuple[list[str], bool]:
    """Lines that say what changed from `a` to `b`, and whether a verdict became worse."""
    lines = [f"{a['run']} -> {b['run']}"]
    lines += [
        f"{field}: {shown(a.get(field))} -> {shown(b.get(field))}" for field in FACTS if a.get(field) != b.get(field)
    ]
    worse = False
    before, after = (
        {entry["id"]: entry for entry in [*document["criteria"], *document["beyond"]]} for document in (a, b)
    )
    for identity in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(identity), after.get(identity)
        name = (new or old or {})["text"]
        if old is None or new is None:
            lines.append(f"{identity:>10}  {'new' if old is None else 'gone'}: {name}")
            worse |= new is None
        elif old["outcome"] != new["outcome"] or old["expected"] != new["expected"]:
            bad = is_worse(old, new)
            worse |= bad
            mark = "  <- worse" if bad else ""
            lines.append(f"{identity:>10}  {old['outcome']} -> {new['outcome']}  {name}{mark}")
            if new["reason"] and Outcome(new["outcome"]) not in (*GOOD, *NOT_JUDGED):
                lines.append(f"            {new['reason'].splitlines()[0]}")
        elif new["started"] and old["started"] and is_slower(old["duration"], new["duration"]):
            lines.append(f"{identity:>10}  {old['duration']:.1f} s -> {new['duration']:.1f} s  {name}")
    lines += changed_versions(a, b)
    return lines, worse


def shown(value: Any) -> str:
    """A fact in a line."""
    return "none" if value in (None, "") else str(value)


def is_worse(old: Document, new: Document) -> bool:
    """Whether a verdict became worse: no longer passed, passed only on a stand-in, or fails the run.

    A criterion that a run did not select says nothing about the platform.
    """
    if new["outcome"] == Outcome.NOT_SELECTED:
        return False
    if old["outcome"] == Outcome.NOT_SELECTED:
        return not new["expected"]
    order = [*GOOD, Outcome.UNVERIFIABLE, Outcome.NO_SCENARIO, Outcome.ERROR, Outcome.FAILED]
    grades = [(not entry["expected"], order.index(Outcome(entry["outcome"]))) for entry in (old, new)]
    return grades[1] > grades[0]


def is_slower(before: float, after: float) -> bool:
    """Whether a scenario takes noticeably longer."""
    return after > before * SLOWER[0] and after > before + SLOWER[1]


def changed_versions(a: Document, b: Document) -> list[str]:
    """Programs, images and packages that differ."""
    lines = []
    for group in ("programs", "versions", "packages"):
        old, new = a.get(group) or {}, b.get(group) or {}
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                lines.append(f"{group}: {name}: {version(old.get(name))} -> {version(new.get(name))}")
    return lines


def version(value: Any) -> str:
    """A version as stored in verdicts.json: a text, or an image's reference, inputs and digest."""
    if not isinstance(value, dict):
        return shown(value)
    return " ".join(str(part)[:60] for part in (value.get("reference"), value.get("inputs")) if part)
