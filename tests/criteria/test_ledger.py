"""The ledger: what a proof was made by, and when it has gone stale."""

import pytest

from acceptance.criteria import ledger
from acceptance.criteria.ledger import fingerprint, proofs_of, read_ledger, scenarios, unproven, write_ledger

FEATURE = """Feature: Cache
  @ac-7.1
  Scenario: A pod runs
    Then redis answers within 2 seconds

  @ac-7.2 @disruptive
  Scenario: It comes back
    Then it comes back
"""
STEPS = '''from acceptance.drivers.cache import ask

@then(parsers.parse("redis answers within {seconds:d} seconds"))
def _answers(seconds):
    """It does."""
'''


@pytest.fixture
def root(tmp_path):
    for name, text in (
        ("features/07.feature", FEATURE),
        ("steps/cache.py", STEPS),
        ("steps/other.py", '@then("it comes back")\ndef _back(): ...\n'),
        ("acceptance/drivers/cache.py", "from acceptance.drivers.deeper import ask\n"),
        ("acceptance/drivers/deeper.py", "def ask(): ...\n"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    forget()
    yield tmp_path
    forget()


def forget():
    for cached in (ledger.scenarios, ledger.step_words, ledger.imported):
        cached.cache_clear()


def entry(root, identity):
    return {"some-defect": {"at": "2026-01-02T03:04Z", "commit": "abc", "judged_by": fingerprint(identity, root)}}


def test_each_scenario_is_found_by_its_criterion(root):
    assert set(scenarios(root)) == {"7.1", "7.2"}
    assert "comes back" not in scenarios(root)["7.1"]


@pytest.mark.parametrize("name", ["features/07.feature", "steps/cache.py", "acceptance/drivers/deeper.py"])
def test_a_proof_goes_stale_with_each_part_of_what_judges(root, name):
    proven = {"7.1": entry(root, "7.1")}
    assert unproven(proven, ["7.1", "7.2"], root) == (["7.2"], [])
    path = root / name
    path.write_text(path.read_text().replace("2 seconds", "3 seconds") + "# changed\n")
    forget()
    assert unproven(proven, ["7.1"], root) == ([], ["7.1"])


def test_a_proof_stays_fresh_when_another_module_changes(root):
    proven = {"7.1": entry(root, "7.1")}
    (root / "steps" / "other.py").write_text('@then("it comes back")\ndef _other(): ...\n')
    forget()
    assert unproven(proven, ["7.1"], root) == ([], [])


def test_it_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "ledger.json"
    assert read_ledger(path) == {}
    write_ledger({"7.1": {"a": {"at": "1", "commit": "x", "judged_by": "y"}}}, path)
    assert read_ledger(path)["7.1"]["a"]["commit"] == "x"


def test_the_last_proof_comes_first():
    seen = {
        "7.1": {name: {"at": at, "commit": "c", "judged_by": "f"} for name, at in (("old", "2025"), ("new", "2026"))}
    }
    assert [proof["defect"] for proof in proofs_of(seen, "7.1")] == ["new", "old"]
    assert proofs_of(seen, "7.2") == []
