"""An option's old name does what it did, and says what it is called now."""

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
