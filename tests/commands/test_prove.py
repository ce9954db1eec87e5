"""Which rounds still begin in time."""

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
