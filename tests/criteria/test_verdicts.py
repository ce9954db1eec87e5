"""Every way in which a scenario can end leads to the right verdict, in all files of the report."""

import json
import subprocess
import sys
import time

import pytest
from junitparser import JUnitXml
from tests_support import PATIENCE, scenario

FAILS = "@then('it does not hold')\ndef _fails():\n    assert 1 == 2, 'expected 2, saw 1'\n"
RAISES = "@then('it raises')\ndef _raises():\n    raise RuntimeError('no such thing')\n"
UNVERIFIABLE = "@then('it is not there')\ndef _missing():\n    raise Unverifiable('no such system here')\n"
SETUP = (
    "@pytest.fixture\ndef broken():\n    raise RuntimeError('setup broke')\n"
    "@then('it needs it')\ndef _n(broken):\n    pass\n"
)
TEARDOWN = (
    "@pytest.fixture\ndef messy():\n    yield\n    raise RuntimeError('left behind')\n"
    "@then('it is messy')\ndef _m(messy):\n    pass\n"
)
SESSION = (
    "@pytest.fixture(scope='session')\ndef platform():\n    raise RuntimeError('platform broke')\n"
    "@then('it needs the platform')\ndef _p(platform):\n    pass\n"
)
INTERRUPT = (
    "@then('Ctrl-C is pressed')\ndef _i():\n    os.kill(os.getpid(), signal.SIGINT)\n    import time; time.sleep(5)\n"
)
SIGTERM = (
    "@then('SIGTERM comes')\ndef _t():\n    os.kill(os.getpid(), signal.SIGTERM)\n    import time; time.sleep(5)\n"
)


@pytest.mark.parametrize(
    ("criterion", "step", "tags", "steps", "outcome", "code", "reason"),
    [
        ("2.1", "it holds", "", "", "passed", 0, ""),
        ("2.1", "it does not hold", "", FAILS, "failed", 1, "expected 2, saw 1"),
        ("2.1", "it raises", "", RAISES, "error", 1, "no such thing"),
        ("2.1", "it needs it", "", SETUP, "error", 1, "setup broke"),
        ("2.1", "it is messy", "", TEARDOWN, "error", 1, "left behind"),
        ("2.1", "it needs the platform", "", SESSION, "error", 1, "platform broke"),
        ("1.3", "it is not there", "", UNVERIFIABLE, "unverifiable", 0, "no such system here"),
        ("2.1", "it is not there", "", UNVERIFIABLE, "unverifiable", 1, "no such system here"),
        ("1.1", "it holds", "@system-AWS", "", "substituted", 0, "AWS stood in for by containers"),
        ("1.1", "it does not hold", "@system-AWS", FAILS, "failed", 1, "expected 2, saw 1"),
        ("2.1", "nothing defines this", "", "", "error", 1, "Step definition is not found"),
        ("2.1", "Ctrl-C is pressed", "", INTERRUPT, "error", 2, "broke off"),
        ("2.1", "SIGTERM comes", "", SIGTERM, "error", 2, "broke off"),
    ],
)
def test_outcome(project, criterion, step, tags, steps, outcome, code, reason):
    project.feature(scenario(criterion, step, tags), steps)
    result, verdicts = project.run()
    assert verdicts[criterion]["outcome"] == outcome
    assert reason in verdicts[criterion]["reason"]
    assert result.ret == code
    assert len(verdicts) == 118
    same_table_everywhere(project, verdicts)


def same_table_everywhere(project, verdicts):
    folder = next(project.reports.iterdir())
    cases = {case.name.split()[0]: case for suite in JUnitXml.fromfile(str(folder / "junit.xml")) for case in suite}
    results = [json.loads(path.read_text()) for path in (folder / "allure-results").glob("*-result.json")]
    allure = {
        label["value"]: result for result in results for label in result["labels"] if label["name"] == "criterion"
    }
    assert set(cases) == set(allure) == set(verdicts)
    status = {"passed": "passed", "substituted": "passed", "failed": "failed", "error": "broken"}
    for identity, verdict in verdicts.items():
        verdict_line, *steps = cases[identity].system_out.splitlines()
        assert verdict_line == f"verdict: {verdict['outcome']}"
        assert len(steps) == sum(len(row["steps"]) for row in verdict["rows"])
        assert allure[identity]["status"] == status.get(verdict["outcome"], "skipped")
    assert "<h1>" in (folder / "traceability.html").read_text()


def test_strict_accepts_passed_only(project):
    project.feature(scenario("1.1", "it holds", "@system-AWS"))
    assert project.run("--strict")[0].ret == 1
    project.feature(ROWS, TOO)
    assert project.run("--strict")[0].ret == 0


def test_later_scenarios_have_a_verdict_when_the_run_breaks_off(project):
    project.feature(scenario("2.1", "Ctrl-C is pressed") + scenario("2.3", title="Another"), INTERRUPT)
    _, verdicts = project.run()
    assert verdicts["2.3"]["outcome"] == "error"
    assert "ended before" in verdicts["2.3"]["reason"]


def test_a_killed_child_process_is_an_error_with_its_last_words(project):
    steps = (
        "from acceptance.clients.process import run\n"
        "@then('a child is killed')\ndef _k():\n    run(['sh', '-c', 'echo last words; kill -9 $$'])\n"
    )
    project.feature(scenario(step="a child is killed"), steps)
    _, verdicts = project.run()
    assert verdicts["2.1"]["outcome"] == "error"
    assert "last words" in verdicts["2.1"]["reason"]


def test_results_are_on_disk_when_the_run_is_killed(project):
    project.feature(
        scenario() + scenario("2.3", "it hangs", title="Another"),
        "@then('it hangs')\ndef _h():\n    import time; time.sleep(300)\n",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", f"--env={project.environment}"], cwd=project.pytester.path
    )
    journal = None
    for _ in range(10 * PATIENCE):
        journal = next(iter(project.reports.glob("*/journal.jsonl")), None)
        if journal and journal.read_text():
            break
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert json.loads(journal.read_text().splitlines()[0])["outcome"] == "passed"


ROWS = """
  @ac-2.1
  Scenario Outline: Rows
    Then <what>
    Examples:
      | what     |
      | it holds |
      | it too   |
"""
TOO = "@then('it too')\ndef _too():\n    pass\n"


def test_a_criterion_with_rows_passed_only_if_all_rows_ran(project):
    project.feature(ROWS, TOO)
    assert project.run()[1]["2.1"]["outcome"] == "passed"


def test_one_row_of_several_is_not_selected(project):
    project.feature(ROWS, TOO)
    _, verdicts = project.run("-k", "too")
    assert verdicts["2.1"]["outcome"] == "not selected"
    assert "1 of its 2 rows" in verdicts["2.1"]["reason"]


def test_one_row_by_its_node_id_is_not_selected_and_neither_is_what_was_not_collected(project):
    project.feature(ROWS + scenario("2.3", title="Another"), TOO)
    result, verdicts = project.run("test_some.py::test_rows[it too]")
    assert result.ret == 0
    assert "1 of its 2 rows" in verdicts["2.1"]["reason"]
    assert (verdicts["2.1"]["outcome"], verdicts["2.3"]["outcome"]) == ("not selected", "not selected")
    assert (verdicts["2.3"]["scenario"], verdicts["2.4"]["outcome"]) == ("Another", "no scenario")


def test_one_failing_row_fails_the_criterion(project):
    project.feature(ROWS, "@then('it too')\ndef _too():\n    assert False, 'second row'\n")
    assert project.run()[1]["2.1"]["outcome"] == "failed"
