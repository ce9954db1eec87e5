"""junit.xml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from acceptance.base.secrecy import redact
from acceptance.criteria.verdicts import Outcome

NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(document: dict[str, Any], path: Path) -> None:
    """The verdicts as JUnit XML: a suite for each requirement, a case for each criterion."""
    suites: dict[int, TestSuite] = {}
    for entry in [*document["criteria"], *document["beyond"]]:
        number, outcome = entry["requirement"], Outcome(entry["outcome"])
        suite = suites.setdefault(number, TestSuite(f"{number} {entry['title']}"))
        case = TestCase(f"{entry['id']} {entry['text']}", classname=f"requirement-{number}")
        case.time = round(entry["duration"], 3)
        reason = NOT_IN_XML.sub("", redact(entry["reason"]))
        if outcome is Outcome.FAILED:
            case.result = [Failure(reason, "failed")]
        elif outcome is Outcome.ERROR or not entry["expected"]:
            case.result = [Error(f"{outcome}: {reason}", outcome.value)]
        elif outcome not in (Outcome.PASSED, Outcome.SUBSTITUTED):
            case.result = [Skipped(f"{outcome}: {reason}")]
        case.system_out = f"verdict: {outcome}"
        suite.add_testcase(case)
    xml = JUnitXml("acceptance")
    for suite in suites.values():
        xml.add_testsuite(suite)
    xml.update_statistics()
    xml.write(str(path), pretty=True)
