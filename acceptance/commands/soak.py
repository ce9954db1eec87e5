"""`make soak N=10`: run the same scenarios repeatedly on one platform; a verdict that changes is a flake."""

from __future__ import annotations

import argparse
from collections import Counter

from acceptance.base.errors import UserError
from acceptance.base.progress import say
from acceptance.commands.pytest_run import pytest_run
from acceptance.reports.merge import NOT_JUDGED, Document

UNDISTURBING = ("-m", "not disruptive")
EVERY = 5
"""Disruptive scenarios join every so many rounds, together with the others, as in a full run."""


def outcomes(documents: list[Document]) -> dict[str, dict[str, list[str]]]:
    """For each criterion, the runs that judged it, by verdict."""
    found: dict[str, dict[str, list[str]]] = {}
    for document in documents:
        for entry in [*document["criteria"], *document["beyond"]]:
            if entry["outcome"] not in NOT_JUDGED:
                found.setdefault(entry["id"], {}).setdefault(entry["outcome"], []).append(document["run"])
    return found


def changing(documents: list[Document]) -> list[str]:
    """A line for each criterion whose verdict varied: the count of each verdict, and the runs with the rarer ones."""
    lines = []
    for identity, runs in outcomes(documents).items():
        if len(runs) > 1:
            counts = Counter({outcome: len(names) for outcome, names in runs.items()}).most_common()
            rare = ", ".join(name for outcome, _ in counts[1:] for name in runs[outcome])
            lines.append(f"{identity:>10}  {', '.join(f'{count} {outcome}' for outcome, count in counts)} (in {rare})")
    return lines


def soak(rounds: int) -> list[Document]:
    """Bring the platform up and run everything; return the documents of all reports. The platform is kept."""
    say("bringing the platform up")
    documents = [pytest_run("--keep=always", *UNDISTURBING)["document"]]
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}, non-disruptive")
        documents.append(pytest_run("--reuse", *UNDISTURBING)["document"])
        if (number + 1) % EVERY == 0:
            say(f"round {(number + 1) // EVERY} of {rounds // EVERY}, with the disruptive ones")
            documents.append(pytest_run("--reuse", "--watch-disturbances")["document"])
    return documents


def report(documents: list[Document]) -> int:
    """Print what changed; return 0 if no verdict varied, and none failed a run."""
    lines = changing(documents)
    judged = outcomes(documents)
    bad = sorted({e["id"] for d in documents for e in [*d["criteria"], *d["beyond"]] if not e["expected"]})
    print(f"{len(documents)} runs, {len(judged)} criteria and scenarios beyond them judged")
    print("\n".join(["verdicts that changed:", *lines]) if lines else "no verdict changed")
    if bad:
        print(f"failed a run: {', '.join(bad)}")
    if broken := [document["run"] for document in documents if document["exit_code"] not in (0, 1)]:
        print(f"broke off: {', '.join(broken)}")
    return int(bool(lines or bad or broken))


def number_of_rounds(text: str) -> int:
    """A number of rounds. Raises UserError for anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise UserError(f"{text!r} is not a number of rounds", "set N, such as N=10")
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The number of rounds."""
    parser.add_argument("rounds", nargs="?", type=number_of_rounds, default=10, help="number of rounds (default: 10)")


def run(options: argparse.Namespace) -> int:
    """Run the rounds; return 1 if a verdict changed, failed a run or was not reached."""
    return report(soak(options.rounds))
