"""Several processes judge non-disruptive scenarios concurrently, and no result of any is lost."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tests_support import PATIENCE, scenario

from acceptance.runner import PLUGINS

STEPS = """
    import glob, json, time
    from acceptance.base.secrecy import register_secret
    from acceptance.runner.lanes import LANES
    open(f'read-by-{os.getpid()}', 'w').close()
    class Platform:
        def standing(self):
            # Not before all three processes can begin.
            until = time.monotonic() + 60
            while len(glob.glob('read-by-*')) < 3 and time.monotonic() < until:
                time.sleep(0.05)
            return 'it stands'
    @pytest.fixture(scope='session')
    def platform(run, pytestconfig):
        if lanes := pytestconfig.stash.get(LANES, None):
            lanes.begin(Platform())
        yield
        if LEFT and run.options.lane > 1:
            raise RuntimeError('something was left behind')
    LEFT = False
    def note(what):
        with open('noted', 'a') as file:
            file.write(json.dumps([what, os.getpid(), time.time()]) + '\\n')
    @then('it takes a second')
    def _second(platform):
        note('began')
        time.sleep(1)
        note('ended')
    @then('it disturbs')
    def _disturbs(platform):
        note('disturbed')
    @then('it does not hold')
    def _fails(platform):
        time.sleep(1)
        assert 1 == 2, 'expected 2, saw 1'
    @then('its lane dies')
    def _dies(platform, run):
        time.sleep(1)
        if run.options.lane > 1:
            os._exit(7)
    @then('it learns a secret')
    def _secret(platform, run, evidence):
        time.sleep(1)
        who = 'a-lane' if run.options.lane > 1 else 'the-run'
        evidence.add('seen', register_secret(f's3cret-of-{who}-0123456789'))
    @then('it waits')
    def _waits(platform):
        note('waiting')
        time.sleep(300)
"""


@pytest.fixture
def lanes(project):
    """A project whose scenarios are judged in three lanes."""
    plugins = [*PLUGINS, "fixtures.run"]
    project.pytester.makeconftest(f"pytest_plugins = {plugins!r}")
    project.environment.write_text("lanes = 3\n" + project.environment.read_text())
    return project


def features(*steps):
    """A scenario for each step, of criteria 2.1 and on."""
    return "\n".join(scenario(f"2.{number}", step, title=f"Number {number}") for number, step in enumerate(steps, 1))


def noted(project):
    """What scenarios wrote down: what, which process, when."""
    return [json.loads(line) for line in (project.pytester.path / "noted").read_text().splitlines()]


def test_scenarios_are_judged_at_once_and_what_disturbs_all_of_them_alone_at_the_end(lanes):
    text = features(*["it takes a second"] * 6) + scenario(
        "2.8", "it disturbs", "@disruptive @disturbs-control-plane", "Disturbs"
    )
    lanes.feature(text, STEPS)
    result, verdicts = lanes.run()
    assert result.ret == 0
    assert {verdicts[f"2.{number}"]["outcome"] for number in (*range(1, 7), 8)} == {"passed"}
    *beside, (what, last, moment) = noted(lanes)
    assert len(beside) == 12, "each is judged once"
    processes = {process for _, process, _ in beside}
    assert len(processes) == 3, "a process judged none"
    assert what == "disturbed" and last in processes and moment > max(when for *_, when in beside)
    begun = sorted((when, 1 if what == "began" else -1) for what, _, when in beside)
    assert max(sum(step for _, step in begun[:end]) for end in range(len(begun))) > 1, "none ran beside another"
    assert lanes.document["lanes"] == 3
    assert {entry["lane"] for entry in lanes.document["scenarios"]} == {1, 2, 3}
    page = next(lanes.reports.glob("*/traceability.html")).read_text()
    assert "were judged in 3 lanes" in page and "height:4.2px" in page
    result.assert_outcomes(passed=7)
    journal = next(lanes.reports.glob("*/journal.jsonl")).read_text().splitlines()
    assert len({json.loads(line)["nodeid"] for line in journal}) == 7
    labelled = [json.loads(path.read_text()) for path in lanes.reports.glob("*/allure-results/*-result.json")]
    assert sum(any(label["name"] == "criterion" for label in item["labels"]) for item in labelled) >= 7


def test_what_disturbs_runs_beside_what_does_not_need_it(lanes):
    tags = ["@disruptive @disturbs-database", "@disruptive @disturbs-traefik", "@disruptive @disturbs-database"]
    tags += ["@needs-database", "@needs-traefik", ""]
    text = "".join(
        scenario(f"2.{number}", "it takes a second", tag, f"Number {number}") for number, tag in enumerate(tags, 1)
    )
    lanes.feature(
        text,
        STEPS.replace("note('began')", "note(f'{criterion(request)} began')")
        .replace("note('ended')", "note(f'{criterion(request)} ended')")
        .replace("def _second(platform)", "def _second(platform, request)")
        .replace(
            "    LEFT = False",
            "    from acceptance.runner.tags import criterion_of\n"
            "    def criterion(request):\n        return criterion_of(request.node)\n    LEFT = False",
        ),
    )
    result, verdicts = lanes.run()
    assert result.ret == 0 and {verdicts[f"2.{number}"]["outcome"] for number in range(1, 7)} == {"passed"}
    spans = {}
    for what, _, moment in noted(lanes):
        spans.setdefault(what.split()[0], []).append(moment)

    def beside(one, other):
        return spans[one][0] < spans[other][1] and spans[other][0] < spans[one][1]

    excluded = [("2.1", "2.3"), ("2.1", "2.4"), ("2.3", "2.4"), ("2.2", "2.5")]
    assert not [pair for pair in excluded if beside(*pair)], spans
    others = [(one, other) for one in spans for other in spans if one < other and (one, other) not in excluded]
    assert any("2.1" in pair or "2.2" in pair or "2.3" in pair for pair in others if beside(*pair)), spans


def test_without_lanes_one_process_judges_all(lanes):
    lanes.feature(features(*["it takes a second"] * 2), STEPS)
    result, _ = lanes.run("--lanes", "1")
    assert result.ret == 0
    assert len({process for _, process, _ in noted(lanes)}) == 1
    assert "lanes" not in lanes.document


def test_a_failure_in_a_lane_is_the_runs(lanes):
    lanes.feature(features(*["it does not hold"] * 3), STEPS)
    result, verdicts = lanes.run()
    assert result.ret == 1
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*expected 2, saw 1*"])
    assert {verdicts[f"2.{number}"]["outcome"] for number in (1, 2, 3)} == {"failed"}
    assert all("expected 2, saw 1" in verdicts[f"2.{number}"]["reason"] for number in (1, 2, 3))
    assert len({entry["lane"] for entry in lanes.document["scenarios"]}) > 1, "one process judged all"
    for number in (1, 2, 3):
        (row,) = verdicts[f"2.{number}"]["rows"]
        (step,) = row["steps"]
        assert step["outcome"] == "failed" and step["duration"] > 0.9
    result.stdout.fnmatch_lines(["*x Then it does not hold  (*"])


def test_the_first_failure_ends_a_run_that_asked_for_it(lanes):
    lanes.feature(features(*["it takes a second"] * 7, "it does not hold"), STEPS)
    result, verdicts = lanes.run("-x")
    assert result.ret == 1
    assert len(verdicts) == 118
    # 2.8 is expected to take long, so it is begun first, and 2.7 last.
    assert verdicts["2.7"]["reason"] == "the run ended before this scenario did"


def test_a_lane_that_dies_costs_its_scenario_and_no_other(lanes):
    lanes.feature(features(*["its lane dies"] * 8), STEPS)
    result, verdicts = lanes.run()
    assert result.ret == 1
    judged = [verdicts[f"2.{number}"] for number in range(1, 9)]
    # Both lanes died with their first; the run's own process judged the rest.
    assert sorted(verdict["outcome"] for verdict in judged) == ["error"] * 2 + ["passed"] * 6
    reasons = [verdict["reason"] for verdict in judged if verdict["outcome"] == "error"]
    assert all("ended with 7 before this scenario did" in text and "lane-" in text for text in reasons)


def test_what_a_lane_leaves_behind_is_an_error_of_its_last_scenario(lanes):
    lanes.feature(features(*["it takes a second"] * 4), STEPS.replace("LEFT = False", "LEFT = True"))
    result, verdicts = lanes.run()
    assert result.ret == 1
    reasons = [verdicts[f"2.{number}"]["reason"] for number in range(1, 5)]
    assert any("while the session cleaned up: RuntimeError: something was left behind" in text for text in reasons)


def test_a_secret_that_a_lane_learns_is_in_no_file_of_the_report(lanes):
    lanes.feature(features(*["it learns a secret"] * 3), STEPS)
    result, _ = lanes.run()
    assert result.ret == 0
    texts = [path.read_text(errors="replace") for path in lanes.reports.rglob("*") if path.is_file()]
    assert any("[redacted]" in text for text in texts)
    assert not any("s3cret-of" in text for text in texts)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_its_lanes_and_has_a_verdict_for_each(lanes, number):
    lanes.feature(features(*["it waits"] * 4), STEPS)
    command = [sys.executable, "-m", "pytest", f"--env={lanes.environment}"]
    log = lanes.pytester.path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=lanes.pytester.path, stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + PATIENCE
        waiting = []
        while len(waiting) < 3:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            waiting = noted(lanes) if (lanes.pytester.path / "noted").exists() else []
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(PATIENCE) == 2
    finally:
        process.kill()
    verdicts = lanes.read()
    assert len(verdicts) == 118
    assert {verdicts[f"2.{number}"]["outcome"] for number in range(1, 5)} == {"error"}
    assert sum("broke off during this scenario" in verdicts[f"2.{number}"]["reason"] for number in range(1, 5)) == 3
    for _, child, _ in waiting:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_a_step_that_nobody_defines_is_refused_before_a_lane_is_started(lanes):
    lanes.feature(features("it takes a second", "nothing defines this"), STEPS)
    result, verdicts = lanes.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*has the step 'nothing defines this', which is not defined*"])
    assert len(verdicts) == 118 and not (lanes.pytester.path / "noted").exists()
