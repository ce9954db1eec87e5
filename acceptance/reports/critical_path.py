"""A run's critical path: where its time went, along the chain of pieces that waited for each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

KINDS = ("start", "images", "infrastructure", "components", "non-disruptive", "disruptive", "destroy")
"""The kinds of pieces that a run consists of, in order."""
OF_PHASES = {"images": "images", "infrastructure": "infrastructure", "cluster": "infrastructure", "destroy": "destroy"}
SHOWN = 8
AT_ONCE = 1.0
"""Seconds by which one piece may end after the start of the one that waited for it: a scenario counts from its first
step, and what that step asks for first may be recorded a moment later."""
Piece = dict[str, Any]
"""A phase or a scenario on the path: `name`, `kind`, `at`, `seconds` until the next one began."""


def pieces(document: dict[str, Any]) -> Iterable[Piece]:
    """Every phase and scenario of a run, with its end."""
    for phase in document["phases"]:
        kind = OF_PHASES.get(phase["name"], "components")
        yield {"name": phase["name"], "kind": kind, "at": phase["at"], "ends": phase["at"] + phase["duration"]}
    for scenario in document["scenarios"]:
        kind = scenario.get("kind", "non-disruptive")
        ends = scenario["at"] + scenario["duration"]
        yield {"name": scenario["criterion"], "kind": kind, "at": scenario["at"], "ends": ends}


def critical_path(document: dict[str, Any]) -> list[Piece]:
    """From the end of a run backwards: the piece that ended last before the next began. Gaps count towards it."""
    every, moment, found = list(pieces(document)), document["seconds"], list[Piece]()
    while before := [piece for piece in every if piece["ends"] <= moment + AT_ONCE and piece["at"] < moment]:
        last = max(before, key=lambda piece: (piece["ends"], -piece["at"]))
        found.append({**last, "seconds": round(moment - last["at"], 1)})
        moment = last["at"]
    found.append({"name": "start", "kind": "start", "at": 0.0, "seconds": round(moment, 1)})
    return [{key: piece[key] for key in ("name", "kind", "at", "seconds")} for piece in reversed(found)]


def in_lines(path: list[Piece]) -> list[str]:
    """A path in three lines: the whole, the kinds of pieces, the longest of them by name."""
    whole = sum(piece["seconds"] for piece in path)
    kinds = {kind: sum(piece["seconds"] for piece in path if piece["kind"] == kind) for kind in KINDS}
    longest = sorted(path, key=lambda piece: -piece["seconds"])[:SHOWN]
    return [
        f"{whole // 60:.0f} min {whole % 60:.0f} s along the critical path:",
        "  " + ", ".join(f"{kind} {seconds:.0f} s" for kind, seconds in kinds.items() if seconds >= 0.5),
        "  the longest: " + ", ".join(f"{piece['name']} {piece['seconds']:.0f} s" for piece in longest),
    ]
