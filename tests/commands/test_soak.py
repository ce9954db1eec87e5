"""Verdicts over many runs: which ones varied. Judged on recorded reports; nothing is run."""

import pytest
from tests_support import entry, verdicts

from acceptance.__main__ import main
from acceptance.base.errors import UserError
from acceptance.commands import soak


def test_a_verdict_that_changes_is_told_with_the_runs_of_the_rarer_one():
    documents = [verdicts(f"run-{number}", entry("2.1"), entry("6.8")) for number in range(4)]
    documents.append(verdicts("run-4", entry("2.1"), entry("6.8", "failed")))
    assert soak.changing(documents) == ["       6.8  4 passed, 1 failed (in run-4)"]


def test_runs_that_did_not_judge_a_criterion_do_not_count():
    documents = [verdicts("run-1", entry("2.1"), entry("2.8", "not selected")), verdicts("run-2", entry("2.8"))]
    assert soak.changing(documents) == []


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        (verdicts("run-2", entry("2.1")), 0, "no verdict changed"),
        (verdicts("run-2", entry("2.1", "error")), 1, "1 error, 1 passed"),
        (verdicts("run-2", entry("2.3", "failed")), 1, "failed a run: 2.3"),
        (verdicts("run-2", entry("2.1"), exit_code=2), 1, "broke off: run-2"),
    ],
)
def test_what_it_prints_and_how_it_ends(document, code, words, capsys):
    assert soak.report([document, verdicts("run-1", entry("2.1"))]) == code
    out = capsys.readouterr().out
    assert words in out
    assert out.startswith("2 runs, ")


@pytest.fixture
def calls(monkeypatch):
    """The arguments of each run of the suite, in the place of the run."""
    found = []

    def run(*arguments):
        found.append(arguments)
        return {"document": verdicts(f"run-{len(found)}", entry("2.1")), "code": 0, "seconds": 1.0}

    monkeypatch.setattr(soak, "pytest_run", run)
    return found


def test_the_platform_comes_up_once_and_disruptive_scenarios_run_every_fifth_time(calls):
    assert len(soak.soak(10)) == 13
    assert calls[0] == ("--keep=always", "-m", "not disruptive")
    assert calls.count(("--reuse", "-m", "not disruptive")) == 10
    assert calls.count(("--reuse", "--watch-disturbances")) == 2


@pytest.mark.parametrize("text", ["0", "many", "-3", ""])
def test_a_number_of_rounds_that_is_none(calls, text, capsys):
    assert main(["soak", "--", text]) == 4
    assert "set N, such as N=10" in capsys.readouterr().err
    assert calls == []


def test_a_run_without_a_report_ends_it(monkeypatch):
    def run(*arguments):
        raise UserError("pytest ended with 4 and left no report", "read the lines above")

    monkeypatch.setattr(soak, "pytest_run", run)
    assert main(["soak", "1"]) == 4
