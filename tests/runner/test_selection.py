"""What is selected, and bad input: refused with exit code 4 before anything is created."""

import re
import shlex
import subprocess
import sys

import pytest
from tests_support import PATIENCE, scenario

from acceptance.base.paths import ROOT
from acceptance.platform.components import COMPONENTS


@pytest.mark.parametrize(
    ("arguments", "selected"),
    [
        (["--criterion", "2.3"], {"2.3"}),
        (["--criterion", "2.3", "--criterion", "1.1"], {"2.3", "1.1"}),
        (["--requirement", "2"], {"2.1", "2.3"}),
        (["--task", "6"], {"1.1", "2.1"}),
        (["-k", "Second"], {"2.3"}),
        ([], {"1.1", "2.1", "2.3"}),
    ],
)
def test_selecting(project, arguments, selected):
    project.feature(scenario("1.1", title="First") + scenario("2.3", title="Second") + scenario("2.1", title="Third"))
    result, verdicts = project.run(*arguments)
    assert {identity for identity, verdict in verdicts.items() if verdict["outcome"] == "passed"} == selected
    assert result.ret == 0


def test_stopping_at_the_first_failure_gives_the_rest_a_verdict(project):
    fails = "@then('it does not hold')\ndef _fails():\n    assert False\n"
    project.feature(scenario("2.1", "it does not hold") + scenario("2.3", title="Another"), fails)
    result, verdicts = project.run("-x")
    assert result.ret == 1
    assert (verdicts["2.1"]["outcome"], verdicts["2.3"]["outcome"]) == ("failed", "error")
    assert "ended before" in verdicts["2.3"]["reason"]


def test_last_failed_and_markers_select(project):
    fails = "@then('it does not hold')\ndef _fails():\n    assert False\n"
    disruptive = scenario("2.8", title="Third", tags="@disruptive @disturbs-control-plane")
    project.feature(scenario("2.1", "it does not hold") + scenario("2.3", title="Another") + disruptive, fails)
    _, verdicts = project.run("-m", "not disruptive")
    assert verdicts["2.8"]["outcome"] == "not selected"
    _, verdicts = project.run("--lf")
    assert (verdicts["2.1"]["outcome"], verdicts["2.3"]["outcome"]) == ("failed", "not selected")
    assert "--criterion 2.3" in verdicts["2.3"]["reason"]


def test_collecting_only_writes_no_report(project):
    project.feature(scenario())
    assert project.run("--collect-only")[0].ret == 0
    assert not project.reports.exists()


def test_a_typo_in_an_environment_file_is_4_and_makes_nothing(project):
    project.environment.write_text(project.environment.read_text().replace("http_port", "http_prot"))
    project.feature(scenario())
    result, _ = project.run()
    for words in ("small.toml", "infrastructure.http_prot", "unknown key", "http_port"):
        assert words in result.stderr.str()
    assert result.ret == 4
    assert not project.reports.exists()


def test_nothing_selected_is_5(project):
    project.feature(scenario())
    assert project.run("-k", "no_such_thing")[0].ret == 5


def test_a_kept_platform_is_not_destroyed(project):
    project.feature(scenario("1.12", tags="@exclusive_platform") + scenario("2.1", title="Another"))
    _, verdicts = project.run("--keep=always")
    assert verdicts["1.12"]["outcome"] == "not selected"
    assert "--keep=never" in verdicts["1.12"]["reason"]


@pytest.mark.parametrize(
    ("feature", "arguments", "words"),
    [
        (scenario("9.99"), [], ["9.99", "no such criterion"]),
        (scenario(tags="@typo"), [], ["unknown tag @typo", "use one of"]),
        (scenario(title="One") + scenario(title="Two"), [], ["2.1", "several scenarios", "'One'", "'Two'"]),
        (scenario(), ["--criterion", "99.1"], ["--criterion 99.1", "use one of 1.1"]),
        (scenario(), ["--requirement", "77"], ["--requirement 77", "use one of 1,"]),
        (scenario(), ["--task", "8888"], ["--task 8888"]),
        (scenario(), ["--env", "nowhere"], ["unknown environment 'nowhere'", "kind"]),
        (scenario(), ["--env", "missing.toml"], ["missing.toml", "does not exist"]),
    ],
)
def test_bad_input_is_4(project, feature, arguments, words):
    project.feature(feature)
    result, _ = project.run(*arguments)
    text = result.stderr.str() + result.stdout.str()
    for word in words:
        assert word in text
    assert result.ret == 4


def test_make_up_brings_up_every_component():
    (options,) = re.findall(r"--keep=always (.*) \$\(ARGS\)", (ROOT / "Makefile").read_text())
    command = [sys.executable, "-m", "pytest", "--env=kind", "--dry-run", *shlex.split(options)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE).stdout
    (deployed,) = re.findall(r"^deployed if missing: (.*)$", said, re.MULTILINE)
    assert set(deployed.split(", ")) == set(COMPONENTS)
