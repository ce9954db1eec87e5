"""What a round showed of each defect: an error or the criteria that turned red, as a record to report and to keep."""

from __future__ import annotations

import contextlib
import datetime
import re
from collections.abc import Iterator
from typing import Any

from acceptance.criteria.fingerprint import fingerprint
from acceptance.criteria.ledger import Ledger
from acceptance.proof.catalogue import Defect


def unjudged(defect: Defect, outcomes: dict[str, str]) -> list[str]:
    """What a defect had to turn red and the run gave no verdict about: that is no proof that it stayed green."""
    judged = {name for name, outcome in outcomes.items() if outcome not in ("not selected", "no scenario")}
    return [name for name in defect.red if name not in judged]


def other_reasons(defect: Defect, reasons: dict[str, str]) -> list[str]:
    """What a defect had to turn red and did, but for a reason that does not match its `because`."""
    return [name for name in defect.red if name in reasons and not re.search(defect.because, reasons[name])]


@contextlib.contextmanager
def noted(proof: dict[str, Any]) -> Iterator[None]:
    """An error with one defect of a round counts against its own proof, not the others'."""
    try:
        yield
    except Exception as error:
        proof["error"] = f"{type(error).__name__}: {error}"


def keep(ledger: Ledger, defect: Defect, proof: dict[str, Any], commit: str) -> None:
    """Record in the ledger what a defect had to turn red and did."""
    for name in proof.get("red", []) if "error" not in proof else []:
        if name in defect.red and name not in proof["for another reason"]:
            moment = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%MZ}"
            entry = {"at": moment, "commit": commit, "judged_by": fingerprint(name)}
            ledger.setdefault(name, {})[defect.id] = entry


def report(proof: dict[str, Any]) -> int:
    """Print a proof; return 1 if it failed."""
    if "error" in proof:
        print(f"error of the proof: {proof['defect']}: {proof['error']}")
        return 1
    for name in proof["missed"]:
        print(f"expected red, stayed green: {name} under {proof['defect']}")
    for name in proof["without cause"]:
        print(f"red without cause: {name} under {proof['defect']}: {proof['reasons'][name]}")
    for name in proof["for another reason"]:
        print(f"red for another reason: {name} under {proof['defect']}: {proof['reasons'][name]}")
    bad = bool(proof["missed"] or proof["without cause"] or proof["for another reason"])
    if not bad:
        print(f"proven: {', '.join(proof['red'])} under {proof['defect']} ({proof['seconds']} s)")
    return int(bad)
