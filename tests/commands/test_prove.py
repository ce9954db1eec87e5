"""Which rounds still begin in time."""

from acceptance.commands import prove as commands_prove
from acceptance.commands.prove import in_time
from acceptance.proof.catalogue import Defect


def defect(name):
    made = {"scale": {"kind": "statefulset", "name": "redis", "replicas": 0}}
    effect = {"kubectl": {"arguments": "get pods", "expect": "redis"}}
    return Defect(id=name, says="x", make=made, effect=effect, red=["7.1"])


def test_after_its_minutes_no_round_begins_and_what_is_left_is_said(capfd):
    rounds = [[defect(name=name)] for name in ("one", "two", "three")]
    assert list(in_time(rounds, None)) == rounds
    assert list(in_time(rounds, 0)) == []
    assert "0 minutes are over; left: one, two, three" in "".join(capfd.readouterr())


class Bench:
    """A platform on which the defect named does not take effect."""

    def __init__(self, without_effect):
        self.without_effect, self.undone = without_effect, []

    def make(self, defect):
        return lambda: self.undone.append(defect.id)

    def wait_in_effect(self, defect):
        if defect.id == self.without_effect:
            raise AssertionError(f"expected {defect.id} in effect; saw no")
        return "seen"

    def end_syncs(self):
        pass

    wait_undone = wait_as_before = lambda *_: None


def test_a_defect_that_did_not_take_effect_is_reported_as_that_and_the_others_are_judged(monkeypatch):
    asked = []

    def judged(*options):
        asked.append(options)
        entries = [{"id": "7.1", "outcome": "failed", "reason": "x"}, {"id": "7.2", "outcome": "not selected"}]
        return {"document": {"criteria": entries, "beyond": []}}

    monkeypatch.setattr(commands_prove, "pytest_run", judged)
    other = defect(name="two").model_copy(update={"red": ["7.2"]})
    bench = Bench(without_effect="two")
    first, second = commands_prove.prove(bench, [defect(name="one"), other], "kind")
    assert first["red"] == ["7.1"] and "error" not in first
    assert "expected two in effect; saw no" in second["error"]
    assert sorted(bench.undone) == ["one", "two"] and "7.2" not in asked[0]
