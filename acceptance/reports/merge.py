"""`make report RUNS=a,b`: the reports of several runs on one platform as one. Source: issue, guard rails."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from acceptance.base.errors import UserError
from acceptance.base.paths import REPORTS
from acceptance.base.progress import say
from acceptance.criteria.subtasks import worst
from acceptance.criteria.verdicts import ORDER, Outcome
from acceptance.reports.files import write, write_manifest
from acceptance.reports.html import html
from acceptance.reports.junit import write_junit

Document = dict[str, Any]
SAME = ("environment", "cluster_uid", "commit")
"""What runs must have in common to be merged."""
NOT_JUDGED = (Outcome.NOT_SELECTED, Outcome.NO_SCENARIO)


def folder_of(name: str) -> Path:
    """The folder of a run, by its id or path. Raises UserError if it holds no report."""
    folder = Path(name) if (Path(name) / "verdicts.json").is_file() else REPORTS / name
    if not name or not (folder / "verdicts.json").is_file():
        known = sorted(path.parent.name for path in REPORTS.glob("*/verdicts.json"))
        raise UserError(
            f"{name or 'no run'}: there is no such report", f"known runs: {', '.join(known[-5:]) or 'none'}"
        )
    return folder


def read(folder: Path) -> Document:
    """The verdicts of a run. Raises UserError if the file is damaged."""
    try:
        document: Document = json.loads((folder / "verdicts.json").read_text())
        return document | {"criteria": document["criteria"], "beyond": document["beyond"]}
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise UserError(f"{folder / 'verdicts.json'} is not a report: {error!r}", "name another run") from error


def merge(documents: list[Document]) -> Document:
    """Merge several documents. Raises UserError unless they share platform, environment and clean commit.

    A criterion that several runs judged gets the worst of its verdicts: no run hides another's failure.
    """
    documents = sorted(documents, key=lambda document: document["started"])
    for field in SAME:
        values = {document["run"]: document.get(field) for document in documents}
        if len(set(values.values())) > 1 or not all(values.values()):
            said = ", ".join(f"{run}: {value or 'none'}" for run, value in values.items())
            raise UserError(f"the runs differ in {field}: {said}", "merge runs of one platform and one commit")
    if dirty := [document["run"] for document in documents if not document["clean"]]:
        say(f"Uncommitted changes in {', '.join(dirty)}: the same commit proves little.")
    last = documents[-1]
    merged: Document = {**last, "run": f"{last['run']}-merged"}
    for group in ("criteria", "beyond"):
        merged[group] = merged_entries(documents, group)
    every = [*merged["criteria"], *merged["beyond"]]
    outcomes = {entry["id"]: entry["outcome"] for entry in every}
    keys = ("run", "started", "ended", "who", "command", "exit_code")
    merged["merged"] = [{key: document[key] for key in keys} for document in documents]
    merged["counts"] = dict(Counter(entry["outcome"] for entry in merged["criteria"]))
    merged["problems"] = [problem for document in documents for problem in document["problems"]]
    merged["clean"] = all(document["clean"] for document in documents)
    merged["started"] = documents[0]["started"]
    merged["seconds"] = round(sum(document["seconds"] for document in documents), 1)
    merged["command"] = f"make report RUNS={','.join(document['run'] for document in documents)}"
    # A run that broke off judged too little, whatever its verdicts.
    codes = [document["exit_code"] for document in documents if document["exit_code"] > 1]
    merged["exit_code"] = max(codes, default=int(not all(entry["expected"] for entry in every)))
    merged["plan"] = [
        {
            **task,
            "subtasks": [{**part, "outcome": worst(proofs(part, outcomes), outcomes)} for part in task["subtasks"]],
        }
        for task in last.get("plan", [])
    ]
    for name in ("phases", "scenarios"):
        merged[name] = one_after_another(documents, name)
    return merged


def proofs(subtask: Document, outcomes: dict[str, str]) -> list[str]:
    """The scenarios that a subtask names."""
    return [*subtask["by"], *([subtask["check"]] if subtask["check"] in outcomes else [])]


def merged_entries(documents: list[Document], group: str) -> list[Document]:
    """Each criterion, from the run that judged it, or judged it worst; `run` says which."""
    found: dict[str, Document] = {}
    for document in documents:
        for entry in document[group]:
            entry = {**entry, "run": document["run"]}
            before = found.get(entry["id"])
            if before is None or rank(entry) < rank(before):
                found[entry["id"]] = entry
    return list(found.values())


def rank(entry: Document) -> tuple[bool, bool, int]:
    """A sort key: judged entries first, then those that fail the run, then worse outcomes."""
    outcome = Outcome(entry["outcome"])
    return (outcome in NOT_JUDGED, entry["expected"], ORDER.index(outcome))


def one_after_another(documents: list[Document], name: str) -> list[Document]:
    """Phases or scenarios of all runs, placed as if the runs had followed one another without gaps."""
    found, offset = [], 0.0
    for document in documents:
        found += [{**part, "at": round(part["at"] + offset, 1)} for part in document[name]]
        offset += document["seconds"]
    return found


def write_merged(folders: list[Path]) -> Path:
    """Write the report of several runs; return its folder."""
    documents = [read(folder) for folder in folders]
    merged = merge(documents)
    target = REPORTS / str(merged["run"])
    results = target / "allure-results"
    shutil.rmtree(target, ignore_errors=True)
    results.mkdir(parents=True)
    write(target / "verdicts.json", json.dumps(merged, indent=2))
    write(target / "traceability.html", html(merged))
    write_junit(merged, target / "junit.xml")
    origin = {entry["id"]: entry["run"] for entry in [*merged["criteria"], *merged["beyond"]]}
    for folder, document in zip(folders, documents, strict=True):
        copy_results(folder / "allure-results", results, {key for key, run in origin.items() if run == document["run"]})
    write_manifest(target)
    return target


def copy_results(source: Path, target: Path, wanted: set[str]) -> None:
    """Copy what Allure reads: the results of the criteria that this run judged, and what they may refer to."""
    for path in sorted(source.glob("*")):
        if path.name.endswith("-result.json"):
            labels = json.loads(path.read_text()).get("labels", [])
            if not any(label["name"] == "criterion" and label["value"] in wanted for label in labels):
                continue
        shutil.copy(path, target / path.name)
