"""The ledger: which code a proof was made with, and when it is stale."""

from acceptance.criteria.ledger import proofs_of, read_ledger, unproven, write_ledger


def test_what_has_no_proof_and_what_was_proven_by_another_version_is_told(tmp_path):
    entry = {"some-defect": {"at": "2026-01-02T03:04Z", "commit": "abc", "judged_by": "of another version"}}
    assert unproven({"7.1": entry}, ["7.1", "7.2"], tmp_path) == (["7.2"], ["7.1"])


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
