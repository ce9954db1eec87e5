"""The report: verdicts.json, traceability.html, junit.xml and what Allure reads. Source: docs, design, "The report"."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
import time
from collections import Counter
from dataclasses import asdict
from importlib.metadata import distributions
from typing import Any

from acceptance.base.paths import ROOT
from acceptance.base.secrecy import redact_folder
from acceptance.base.user import user
from acceptance.clients.process import run as run_program
from acceptance.criteria.catalogue import Criterion
from acceptance.criteria.ledger import Ledger, proofs_of, read_ledger
from acceptance.criteria.run import Run
from acceptance.criteria.subtasks import described, named_by
from acceptance.criteria.verdicts import Verdict
from acceptance.reports.allure import write_allure
from acceptance.reports.critical_path import critical_path
from acceptance.reports.files import write, write_manifest
from acceptance.reports.html import html
from acceptance.reports.junit import write_junit


def utc(seconds: float) -> str:
    """Unix time as UTC, ISO 8601."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")


def git(*arguments: str) -> str:
    """Git's description of the checkout; empty outside one."""
    # Not that of a repository that a tarball was unpacked in, nor of one that a git hook's GIT_DIR names.
    only_here = {"GIT_CEILING_DIRECTORIES": str(ROOT.parent)}
    answer = run_program(["git", "-C", ROOT, *arguments], environment=only_here, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else ""


def machine() -> str:
    """System, CPUs and memory of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 10**9
    return f"{platform.platform()}, {os.cpu_count()} CPUs, {memory:.0f} GB of memory"


def packages() -> dict[str, str]:
    """The version of each Python package. A distribution's `name` and `version` would each reread its metadata."""
    every = (package.metadata for package in distributions())
    return {about["Name"]: about["Version"] for about in every}


def write_report(run: Run, exit_code: int) -> None:
    """Write all files of the report into the run's folder."""
    run.folder.mkdir(parents=True, exist_ok=True)
    document = describe(run, exit_code)
    document["critical_path"] = run.facts["critical_path"] = critical_path(document)
    write(run.folder / "verdicts.json", json.dumps(document, indent=2, default=str))
    write(run.folder / "traceability.html", html(document))
    write_junit(document, run.folder / "junit.xml")
    write_allure(run, document)
    # Files that others wrote, or that were written before a secret was registered.
    redact_folder(run.folder)
    write_manifest(run.folder)


def entry_of(criterion: Criterion, verdict: Verdict, subtasks: dict[str, list[str]], ledger: Ledger) -> dict[str, Any]:
    """A criterion with its verdict, the subtasks that name it and the defects that turned it red, for verdicts.json."""
    entry = {**asdict(criterion), **asdict(verdict), "started": utc(verdict.started) if verdict.started else None}
    entry["id"] = entry.pop("criterion")
    entry["subtasks"] = subtasks.get(entry["id"], [])
    entry["proofs"] = proofs_of(ledger, entry["id"])
    for piece in entry["evidence"]:
        piece["time"] = utc(piece["time"])
    return entry


def describe(run: Run, exit_code: int) -> dict[str, Any]:
    """The run as one document, the content of verdicts.json."""
    names, ledger = named_by(run.catalogue.subtasks), read_ledger()
    criteria = [
        entry_of(run.catalogue.criteria[verdict.criterion], verdict, names, ledger) for verdict in run.verdicts.criteria
    ]
    of_plan = run.catalogue.beyond
    beyond = [entry_of(of_plan[verdict.criterion], verdict, names, ledger) for verdict in run.verdicts.beyond]
    commit = git("rev-parse", "HEAD")
    return {
        "run": run.id,
        "environment": run.environment.name,
        "domain": run.environment.domain,
        "stand_ins": run.environment.stand_ins,
        "exit_code": exit_code,
        "command": "pytest " + " ".join(sys.argv[1:]),
        "started": utc(run.timeline.started),
        "ended": utc(time.time()),
        "seconds": round(time.time() - run.timeline.started, 1),
        "who": user(),
        "machine": machine(),
        "commit": commit,
        "clean": bool(commit) and git("status", "--porcelain") == "",
        "python": platform.python_version(),
        "packages": packages(),
        **run.facts,
        "counts": dict(Counter(verdict.outcome.value for verdict in run.verdicts.criteria)),
        "problems": run.verdicts.problems,
        "phases": [
            {**phase, "started": utc(phase["started"]), "at": round(phase["started"] - run.timeline.started, 1)}
            for phase in sorted(run.timeline.phases, key=lambda phase: phase["started"])
        ],
        "scenarios": [
            {
                "criterion": v.criterion,
                "requirement": (run.criterion(v.criterion)).requirement,
                "at": round(v.started - run.timeline.started, 1),
                "duration": v.duration,
                "outcome": v.outcome,
                "lane": v.lane,
                "kind": run.catalogue.kinds.get(v.criterion, "non-disruptive"),
            }
            for v in run.verdicts.every
            if v.started
        ],
        "criteria": criteria,
        "beyond": beyond,
        "plan": described(run.catalogue.subtasks, {entry["id"]: entry["outcome"] for entry in [*criteria, *beyond]}),
    }
