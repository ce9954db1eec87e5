"""junit.xml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from acceptance.base.secrecy import redact
from acceptance.criteria.verdicts import Outcome, step_lines

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def case_of(entry: dict[str, Any], judged: dict[str, Any], steps: list[dict[str, Any]]) -> TestCase:
    """One case: a criterion, or one row of it (`judged`), with its steps as its output."""
    outcome = Outcome(judged["outcome"])
    row = f" [{judged['name']}]" if judged.get("name") else ""
    case = TestCase(f"{entry['id']} {entry['text']}{row}", classname=f"requirement-{entry['requirement']}")
    case.time = round(judged["duration"], 3)
    reason = NOT_IN_XML.sub("", redact(judged["reason"]))
    if outcome is Outcome.FAILED:
        case.result = [Failure(reason, "failed")]
    elif outcome is Outcome.ERROR or (outcome is Outcome.UNVERIFIABLE and not entry["expected"]):
        case.result = [Error(f"{outcome}: {reason}", outcome.value)]
    elif outcome not in (Outcome.PASSED, Outcome.SUBSTITUTED):
        case.result = [Skipped(f"{outcome}: {reason}")]
    lines = [f"verdict: {outcome}", *step_lines(steps)]
    case.system_out = NOT_IN_XML.sub("", redact("\n".join(lines)))
    return case


def write_junit(document: dict[str, Any], path: Path) -> None:
    """The verdicts as JUnit XML: a suite for each requirement, a case for each criterion, or for each of its rows."""
    suites: dict[int, TestSuite] = {}
    for entry in [*document["criteria"], *document["beyond"]]:
        number, outcome = entry["requirement"], Outcome(entry["outcome"])
        suite = suites.setdefault(number, TestSuite(f"{number} {entry['title']}"))
        rows = entry.get("rows", [])
        if len(rows) < 2 and outcome not in (Outcome.NOT_SELECTED, Outcome.NO_SCENARIO):
            suite.add_testcase(case_of(entry, entry, rows[0]["steps"] if rows else []))
            continue
        for row in rows:
            suite.add_testcase(case_of(entry, row, row["steps"]))
        if outcome in (Outcome.NOT_SELECTED, Outcome.NO_SCENARIO):
            suite.add_testcase(case_of(entry, entry, []))
    xml = JUnitXml("acceptance")
    for suite in suites.values():
        xml.add_testsuite(suite)
    xml.update_statistics()
    xml.write(str(path), pretty=True)
