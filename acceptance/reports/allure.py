"""Allure's results and its environment, categories and executor."""

from __future__ import annotations

import json
import uuid
from typing import Any

from acceptance.criteria.run import Run
from acceptance.criteria.verdicts import Outcome, Row, Verdict
from acceptance.reports.files import write

ALLURE_STATUS = {
    Outcome.PASSED: "passed",
    Outcome.SUBSTITUTED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "broken",
    Outcome.UNVERIFIABLE: "skipped",
    Outcome.NOT_SELECTED: "skipped",
    Outcome.NO_SCENARIO: "skipped",
}


def write_allure(run: Run, document: dict[str, Any]) -> None:
    """Give Allure the same table: set verdicts in allure-pytest's results, and add the criteria that did not run."""
    folder = run.folder / "allure-results"
    folder.mkdir(exist_ok=True)
    every = run.verdicts.every
    proofs = {entry["id"]: entry["proofs"] for entry in [*document["criteria"], *document["beyond"]]}
    verdicts = {verdict.criterion: verdict for verdict in every}
    seen = set()
    for path in folder.glob("*-result.json"):
        result = json.loads(path.read_text())
        labels = {label["name"]: label.get("value", "") for label in result.get("labels", [])}
        if verdict := verdicts.get(labels.get("criterion", "")):
            seen.add(verdict.criterion)
            # Each row has its own status, whatever that of the others.
            row = next((row for row in verdict.rows if row.name == labels.get("row", "")), None)
            put_verdict(result, row or verdict)
            put_proofs(result, proofs[verdict.criterion])
            write(path, json.dumps(result))
    for verdict in every:
        if verdict.criterion in seen:
            continue
        criterion = run.criterion(verdict.criterion)
        moment = int((verdict.started or run.timeline.started) * 1000)
        result = {
            "uuid": str(uuid.uuid4()),
            "historyId": f"criterion-{verdict.criterion}",
            "name": verdict.scenario or criterion.text,
            "fullName": f"criterion {verdict.criterion}",
            "stage": "finished",
            "start": moment,
            "stop": moment,
            "labels": [
                {"name": "feature", "value": f"{criterion.requirement:02} {criterion.title}"},
                {"name": "epic", "value": criterion.phase},
                {"name": "story", "value": f"{criterion.id} {criterion.text}"},
                {"name": "criterion", "value": criterion.id},
                *({"name": "tag", "value": f"task {task}"} for task in criterion.tasks),
            ],
        }
        put_verdict(result, verdict)
        put_proofs(result, proofs[verdict.criterion])
        write(folder / f"{result['uuid']}-result.json", json.dumps(result))
    facts = {"environment": document["environment"], "run": run.id, "commit": document["commit"]}
    write(folder / "environment.properties", "".join(f"{key}={value}\n" for key, value in facts.items()))
    categories = [
        {"name": "failed criteria", "matchedStatuses": ["failed"]},
        {"name": "errors: never got to their assertion", "matchedStatuses": ["broken"]},
        {"name": "unverifiable here", "matchedStatuses": ["skipped"], "messageRegex": "unverifiable.*"},
        {"name": "not selected", "matchedStatuses": ["skipped"], "messageRegex": "not selected.*"},
        {"name": "no scenario yet", "matchedStatuses": ["skipped"], "messageRegex": "no scenario.*"},
    ]
    write(folder / "categories.json", json.dumps(categories, indent=2))
    write(folder / "executor.json", json.dumps({"name": "pytest", "type": "pytest", "buildName": run.id}))


def put_proofs(result: dict[str, Any], proofs: list[dict[str, str]]) -> None:
    """Add the defects that turned its criterion red to an Allure result."""
    seen = "seen red" if proofs else "never seen red"
    result["labels"].append({"name": "proof", "value": seen})
    link = "defects/ledger.json"
    result.setdefault("links", []).extend({"name": of["defect"], "url": link, "type": "defect"} for of in proofs)


def put_verdict(result: dict[str, Any], verdict: Verdict | Row) -> None:
    """Make an Allure result match the verdict, or its row."""
    result["status"] = ALLURE_STATUS[verdict.outcome]
    result["labels"].append({"name": "verdict", "value": verdict.outcome.value})
    if verdict.outcome is Outcome.PASSED:
        result.pop("statusDetails", None)
    else:
        details = result.setdefault("statusDetails", {})
        details["message"] = f"{verdict.outcome}: {verdict.reason}"
