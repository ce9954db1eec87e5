"""An option's old name still works, and prints the new name."""

import pytest
from tests_support import scenario


@pytest.mark.parametrize(("option", "says_so"), [("--plan", True), ("--dry-run", False)])
def test_a_dry_run_has_an_old_name(project, option, says_so):
    project.feature(scenario())
    result, verdicts = project.run(option)
    text = result.stdout.str() + result.stderr.str()
    assert text.count("--dry-run is the name of --plan now") == says_so
    assert "dry run for the environment small (kind)" in text
    assert result.ret == 0 and verdicts == {}


@pytest.mark.parametrize("value", ["0", "9", '"two"'])
def test_a_wrong_number_of_lanes_is_refused(project, value):
    project.environment.write_text(f"lanes = {value}\n" + project.environment.read_text())
    project.feature(scenario())
    result, verdicts = project.run()
    assert result.ret == 4 and not verdicts
    result.stderr.fnmatch_lines(["*lanes: Input should be*"])


def test_a_platform_that_outlives_runs_is_judged_by_one_process(project):
    project.environment.write_text(
        'lanes = 2\nname = "theirs"\ndomain = "example.test"\n[infrastructure]\nprovisioner = "existing"\n'
        f'kubeconfig = "none"\ncluster_uid = "{"0" * 8}-0000-0000-0000-{"0" * 12}"\n'
    )
    project.feature(scenario())
    result, _ = project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*lanes are only for kind*"])
    project.environment.write_text(project.environment.read_text().removeprefix("lanes = 2\n"))
    result, _ = project.run("--lanes", "2")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--lanes does not apply to theirs*"])
