"""Each scenario judged twice in one run, as two named rows."""

from tests_support import scenario

TWICE = ("-p", "acceptance.runner.judge_twice")
OUTLINE = """
  @ac-2.3
  Scenario Outline: Rows
    Then <what> is noted

    Examples:
      | what |
      | one  |
      | two  |
"""
STEPS = """
    from pytest_bdd import parsers
    @pytest.fixture(scope='session')
    def shared():
        note('shared')
    def note(what):
        with open('noted', 'a') as file:
            file.write(what + '\\n')
    @then(parsers.parse('{what} is noted'))
    def _noted(what, shared):
        note(what)
    @then('it holds the first time')
    def _once(shared):
        assert open('noted').read().count('first') == 0, 'expected it to be as it was found'
        note('first')
"""


def noted(project):
    """What scenarios wrote down, in order."""
    return (project.pytester.path / "noted").read_text().split()


def test_scenarios_and_their_rows_are_judged_twice_in_one_session(project):
    project.feature(scenario("2.1", "zero is noted") + OUTLINE, STEPS)
    result, verdicts = project.run(*TWICE)
    assert result.ret == 0
    result.assert_outcomes(passed=6)
    assert sorted(noted(project)) == ["one", "one", "shared", "two", "two", "zero", "zero"]
    assert [row["name"] for row in verdicts["2.1"]["rows"]] == ["judged=once", "judged=again"]
    names = {row["name"] for row in verdicts["2.3"]["rows"]}
    assert names == {f"what={what}, judged={when}" for what in ("one", "two") for when in ("once", "again")}
    assert {verdicts[identity]["outcome"] for identity in ("2.1", "2.3")} == {"passed"}


def test_what_is_not_selected_is_judged_neither_once_nor_again(project):
    project.feature(
        scenario("2.1", "zero is noted")
        + scenario("2.8", "one is noted", "@disruptive @disturbs-control-plane", "Other"),
        STEPS,
    )
    result, verdicts = project.run("-m", "not disruptive", *TWICE)
    assert result.ret == 0
    assert noted(project) == ["shared", "zero", "zero"]
    assert verdicts["2.8"]["outcome"] == "not selected"


def test_a_scenario_that_holds_only_once_fails_the_run(project):
    project.feature(scenario("2.1", "it holds the first time"), STEPS)
    result, verdicts = project.run(*TWICE)
    assert result.ret == 1
    assert [row["outcome"] for row in verdicts["2.1"]["rows"]] == ["passed", "failed"]
    assert verdicts["2.1"]["outcome"] == "failed"


def test_lanes_judge_all_rows_too(project):
    project.environment.write_text("lanes = 2\n" + project.environment.read_text())
    lanes = """
    from acceptance.runner.lanes import LANES
    class Platform:
        def standing(self):
            return 'it stands'
    @pytest.fixture(scope='session', autouse=True)
    def platform(run, pytestconfig):
        if lanes := pytestconfig.stash.get(LANES, None):
            lanes.begin(Platform())
    """
    project.feature(scenario("2.1", "zero is noted") + scenario("2.4", "four is noted", title="Other"), STEPS + lanes)
    result, verdicts = project.run(*TWICE)
    assert result.ret == 0
    result.assert_outcomes(passed=4)
    assert sorted(what for what in noted(project) if what != "shared") == ["four", "four", "zero", "zero"]
    assert project.document["lanes"] == 2
    assert [len(verdicts[identity]["rows"]) for identity in ("2.1", "2.4")] == [2, 2]
