"""The outcome of each item."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from acceptance.base.secrecy import redact
from acceptance.base.waiting import in_words
from acceptance.criteria.evidence import DIAGNOSE, EVIDENCE, Evidence
from acceptance.criteria.run import RUN, covered
from acceptance.criteria.verdicts import NotSelected, Outcome, Result
from acceptance.runner.gherkin_steps import outcome_of, row_name, steps_so_far
from acceptance.runner.tags import criterion_of

BROKE_OFF = "the run broke off during this scenario"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Turn what happened to an item into its result, and record it immediately."""
    report = yield
    run = item.config.stash[RUN]
    identity = criterion_of(item)
    if identity is None:
        return report
    begun = Result(item.nodeid, Outcome.ERROR, BROKE_OFF, started=call.start, lane=run.options.lane)
    result = run.results.setdefault(item.nodeid, begun)
    broke_off = result.reason == BROKE_OFF
    if call.when == "call" and call.excinfo is None and broke_off:
        result.outcome, result.reason = Outcome.PASSED, ""
    if call.when == "call":
        # Session fixtures run inside the first scenario that needs them; their time is not the scenario's.
        result.duration = max(0.0, call.duration - covered(run.timeline.waits, call.start, call.stop))
        result.started = call.stop - result.duration
    result.row, result.steps = row_name(item), steps_so_far(item, call.excinfo.value if call.excinfo else None)
    if evidence := item.stash.get(EVIDENCE, None):
        result.evidence, result.stand_ins = evidence.pieces, evidence.stand_ins
    error = call.excinfo.value if call.excinfo else None
    if error is not None and (broke_off or result.outcome not in (Outcome.FAILED, Outcome.ERROR)):
        reason = redact(in_words(error))
        if isinstance(error, NotSelected):
            result.outcome, result.reason = Outcome.NOT_SELECTED, reason
        elif isinstance(error, pytest.skip.Exception):
            result.outcome, result.reason = Outcome.UNVERIFIABLE, reason
        elif call.when == "call" and outcome_of(error) is Outcome.FAILED:
            result.outcome, result.reason = Outcome.FAILED, reason
        else:
            result.outcome = Outcome.ERROR
            where = {"setup": "before it began: ", "teardown": "while cleaning up: "}.get(call.when, "")
            result.reason = f"{where}{type(error).__name__}: {reason}"
        diagnose = item.config.stash.get(DIAGNOSE, None)
        if diagnose and result.outcome in (Outcome.FAILED, Outcome.ERROR) and call.when == "call":
            # Now, before the scenario's fixtures clean up the evidence.
            keeper = item.stash.setdefault(EVIDENCE, Evidence())
            for title, text in diagnose(result.started, result.reason).items():
                keeper.add(title, text)
            result.evidence = keeper.pieces
    if call.when == "teardown":
        run.journal.write(result)
    return report
