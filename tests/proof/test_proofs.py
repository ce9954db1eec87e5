"""What counts as a proof, and what does not."""

import pytest

from acceptance.proof.catalogue import Defect
from acceptance.proof.proofs import keep, other_reasons, report, unjudged

FOUND = {"defect": "redis-is-too-old", "red": ["7.1"], "missed": [], "without cause": [], "for another reason": []}


def defect(because=""):
    made = {"scale": {"kind": "statefulset", "name": "redis", "replicas": 0}}
    effect = {"kubectl": {"arguments": "get pods", "expect": "redis"}}
    return Defect(id="redis-is-too-old", says="x", make=made, effect=effect, red=["7.1"], because=because)


@pytest.mark.parametrize(("because", "other"), [("", []), (r"6\.0", []), ("7.9", ["7.1"])])
def test_a_red_is_a_proof_only_for_the_reason_that_the_defect_names(because, other):
    assert other_reasons(defect(because), {"7.1": "the server says that it is Redis 6.0.15"}) == other


def test_what_is_green_has_no_reason():
    assert other_reasons(defect("6"), {}) == []


def test_a_red_for_another_reason_is_told_and_not_kept(capsys):
    ledger = {}
    proof = FOUND | {"for another reason": ["7.1"], "reasons": {"7.1": "no pod is Ready"}, "seconds": 1}
    keep(ledger, defect("6"), proof, "abc")
    assert report(proof) == 1
    assert ledger == {}
    assert "red for another reason: 7.1 under redis-is-too-old: no pod is Ready" in capsys.readouterr().out


def test_a_red_for_its_reason_is_kept(capsys):
    ledger = {}
    keep(ledger, defect(), FOUND, "abc")
    assert list(ledger["7.1"]) == ["redis-is-too-old"]
    assert report(FOUND | {"seconds": 1}) == 0


def test_what_the_run_did_not_judge_did_not_stay_green():
    found = unjudged(defect(), {"7.1": "no scenario"}), unjudged(defect(), {"7.1": "passed"}), unjudged(defect(), {})
    assert found == (["7.1"], [], ["7.1"])
