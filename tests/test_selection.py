"""What is selected, and bad input: refused with exit code 4 before anything is made."""

import pytest
from tests_support import scenario


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
        (scenario("9.99"), [], ["9.99", "no criterion"]),
        (scenario(tags="@typo"), [], ["unknown tag @typo", "known are"]),
        (scenario(title="One") + scenario(title="Two"), [], ["2.1", "several scenarios", "'One'", "'Two'"]),
        (scenario(), ["--criterion", "99.1"], ["--criterion 99.1", "known are 1.1"]),
        (scenario(), ["--requirement", "77"], ["--requirement 77", "known are 1,"]),
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
