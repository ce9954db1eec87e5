"""A failure shows its step in each report, and each row has a status of its own."""

import json

import pytest
import requests
from junitparser import JUnitXml
from kubernetes.client import ApiException
from tests_support import scenario

from acceptance.base.errors import UserError
from acceptance.cluster.cluster import KubectlFailed
from acceptance.runner.gherkin_steps import outcome_of

STEPS = """
    from pytest_bdd import parsers
    @given('a beginning')
    def _beginning():
        pass
    @then(parsers.parse('it is {what}'))
    def _is(what):
        assert what == 'good', f'expected good, saw {what}'
    @then('it comes late')
    def _late():
        pass
    @then('there is nothing to judge')
    def _nothing():
        raise Unverifiable('it is not there')
"""
FEATURE = """
  @ac-2.1
  Scenario Outline: Rows have a life of their own
    Given a beginning
    Then it is <what>
    And it comes late

    Examples:
      | what |
      | good |
      | bad  |
"""


@pytest.fixture
def rows(project):
    """A project whose one scenario has a row that holds and a row that does not."""
    project.feature(FEATURE, STEPS)
    return project


def outcomes(row):
    """The steps of a row, as pairs of words and outcome."""
    return [(step["text"], step["outcome"]) for step in row["steps"]]


def test_verdicts_json_has_each_row_with_its_steps(rows):
    _, verdicts = rows.run()
    good, bad = verdicts["2.1"]["rows"]
    assert (good["name"], good["outcome"]) == ("what=good", "passed")
    assert (bad["name"], bad["outcome"]) == ("what=bad", "failed")
    words = [text for text, _ in outcomes(bad)]
    assert words == ["Given a beginning", "Then it is bad", "And it comes late"]
    assert [outcome for _, outcome in outcomes(bad)] == ["passed", "failed", "not run"]
    assert [outcome for _, outcome in outcomes(good)] == ["passed"] * 3
    assert all(step["duration"] >= 0 for step in bad["steps"])


def test_the_terminal_marks_the_step_that_broke(rows):
    result, _ = rows.run()
    text = result.stdout.str()
    assert "x Then it is bad  (" in text
    assert "- And it comes late  (not run)" in text
    assert "what=bad: expected good, saw bad" in text
    assert "what=good:" not in text


def test_junit_and_allure_have_a_status_for_each_row(rows):
    rows.run()
    (file,) = rows.reports.glob("*/junit.xml")
    cases = {case.name.rpartition("[")[2]: case for suite in JUnitXml.fromfile(str(file)) for case in suite}
    assert [type(result).__name__ for result in cases["what=bad]"].result] == ["Failure"]
    assert cases["what=good]"].result == []
    assert "x Then it is bad" in cases["what=bad]"].system_out
    found = [json.loads(path.read_text()) for path in rows.reports.glob("*/allure-results/*-result.json")]
    labels = [({label["name"]: label["value"] for label in item["labels"]}, item["status"]) for item in found]
    assert {of["row"]: status for of, status in labels if of["criterion"] == "2.1"} == {
        "what=good": "passed",
        "what=bad": "failed",
    }


def test_a_row_that_passed_is_no_skip_where_its_others_were_not_selected(rows):
    _, verdicts = rows.run("-k", "good")
    assert verdicts["2.1"]["outcome"] == "not selected"
    assert [row["outcome"] for row in verdicts["2.1"]["rows"]] == ["passed"]
    found = [json.loads(path.read_text()) for path in rows.reports.glob("*/allure-results/*-result.json")]
    ran = [item for item in found if {"name": "row", "value": "what=good"} in item["labels"]]
    assert [item["status"] for item in ran] == ["passed"]


def test_the_page_lists_steps_open_where_something_broke(rows):
    rows.run()
    (file,) = rows.reports.glob("*/traceability.html")
    page = file.read_text()
    assert page.count('<details class="steps" open>') == 1
    assert '<li class="failed">Then it is bad' in page
    assert '<li class="not-run">And it comes late' in page


def test_a_step_that_finds_nothing_to_judge_is_named(project):
    project.feature(scenario(step="there is nothing to judge"), STEPS)
    _, verdicts = project.run()
    (row,) = verdicts["2.1"]["rows"]
    assert outcomes(row) == [("Then there is nothing to judge", "unverifiable")]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (AssertionError("saw something else"), "failed"),
        (ConnectionError("connection refused"), "failed"),
        (requests.ConnectionError("no route"), "failed"),
        (ApiException(status=404, reason="Not Found"), "failed"),
        (KubectlFailed("kubectl logs failed: no such container", "look"), "failed"),
        (ApiException(status=403, reason="Forbidden"), "error"),
        (KeyError("a slip of the suite"), "error"),
        (UserError("the password is another", "set it"), "error"),
    ],
)
def test_what_a_step_saw_of_the_platform_is_failed_and_a_slip_of_the_suite_an_error(error, outcome):
    assert outcome_of(error).value == outcome


def test_an_assertion_in_a_fixture_of_the_session_is_an_error(project):
    steps = """
    import pytest
    @pytest.fixture(scope='session')
    def shared():
        raise AssertionError('it could not be made')
    @then('it is looked at')
    def _look(shared):
        pass
    @then('it comes late')
    def _late():
        raise ConnectionError('connection refused')
    """
    late = scenario("2.2", "it comes late", title="Something else holds")
    project.feature(scenario(step="it is looked at") + late, steps)
    _, verdicts = project.run()
    assert {name: verdicts[name]["outcome"] for name in ("2.1", "2.2")} == {"2.1": "error", "2.2": "failed"}
