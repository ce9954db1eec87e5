"""Progress is shown as it happens, and time spent on what the whole run needs is not a scenario's own."""

import subprocess
import sys
import time

from tests_support import PATIENCE, scenario

from acceptance.criteria.run import covered

SLOW = """
    from acceptance.base.progress import say
    @pytest.fixture(scope='session')
    def platform(run):
        with run.phase('images'):
            say('  [1/2] built something')
            print('this is captured')
            import time; time.sleep(3)
    @then('it needs the platform')
    def _needs(platform):
        pass
"""


def test_progress_of_a_session_fixture_is_seen_at_once_without_a_terminal(project):
    project.feature(scenario(step="it needs the platform"), SLOW)
    log = project.pytester.path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", f"--env={project.environment}"], cwd=project.pytester.path, stdout=file
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while "built something" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        assert process.poll() is None, "it was seen only when the run had ended"
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
    assert "images took" in log.read_text()
    assert "this is captured" not in log.read_text()
    (kept,) = project.reports.glob("*/progress.log")
    assert "built something" in kept.read_text()


def test_what_the_run_waits_for_is_a_phase_and_not_the_scenarios_time(project):
    project.feature(scenario(step="it needs the platform"), SLOW)
    _, verdicts = project.run()
    assert [phase["name"] for phase in project.document["phases"]] == ["images"]
    assert project.document["phases"][0]["duration"] >= 3
    assert verdicts["2.1"]["duration"] < 1


def test_spans_that_overlap_count_once_and_only_within_the_limits():
    assert covered([], 10, 20) == 0
    assert covered([(11, 13), (12, 15)], 10, 20) == 4
    assert covered([(12, 13), (11, 15)], 10, 20) == 4
    assert covered([(5, 12), (19, 30)], 10, 20) == 3
    assert covered([(0, 5), (25, 30)], 10, 20) == 0
