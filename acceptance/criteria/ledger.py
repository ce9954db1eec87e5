"""The ledger: which defects turned which criterion red, when, and by which version of what judges it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from acceptance.base.paths import ROOT
from acceptance.criteria.fingerprint import fingerprint, scenarios

LEDGER = ROOT / "defects" / "ledger.json"
Ledger = dict[str, dict[str, dict[str, str]]]
"""By criterion, by defect: `at` (UTC), `commit`, `judged_by` (a fingerprint)."""


def read_ledger(path: Path = LEDGER) -> Ledger:
    """The ledger; empty if there is none yet."""
    return json.loads(path.read_text()) if path.exists() else {}


def write_ledger(ledger: Ledger, path: Path = LEDGER) -> None:
    """Write it, in an order that keeps diffs small."""
    path.write_text(json.dumps(ledger, indent=1, sort_keys=True) + "\n")


def destroys(identity: str, root: Path = ROOT) -> bool:
    """Whether a criterion's scenario destroys the platform, so that nothing can be judged on it afterwards."""
    return "@exclusive_platform" in scenarios(root).get(identity, "")


def unproven(ledger: Ledger, criteria: Iterable[str], root: Path = ROOT) -> tuple[list[str], list[str]]:
    """The criteria that no defect has turned red, and those whose proof predates their judging code."""
    missing, stale = [], []
    for identity in criteria:
        entries = ledger.get(identity, {})
        if not entries:
            missing.append(identity)
        elif all(entry["judged_by"] != fingerprint(identity, root) for entry in entries.values()):
            stale.append(identity)
    return missing, stale


def proofs_of(ledger: Ledger, criterion: str) -> list[dict[str, str]]:
    """The defects that turned a criterion red, latest first: `defect`, `at`, `commit`."""
    entries = (
        {"defect": name, "at": of["at"], "commit": of["commit"]} for name, of in ledger.get(criterion, {}).items()
    )
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)
