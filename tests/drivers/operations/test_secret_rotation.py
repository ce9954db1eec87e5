"""Services that validate tokens change their answer after a rotation, and have to stay with it."""

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import DidNotStay
from acceptance.drivers.operations import secret_rotation


class Judges(secret_rotation.Judges):
    """Services that give these answers one after another, the last one repeatedly."""

    def __init__(self, *says):
        object.__setattr__(self, "says", [*says])

    def verdicts(self, token, address):
        """What they say next, all of them."""
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        return {"auth": said, "the backend": said}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A second is long enough here."""
    monkeypatch.setattr(secret_rotation, "WORTHLESS", Deadline(1, "a test"))


def test_a_yes_that_does_not_stay_is_seen():
    with pytest.raises(DidNotStay, match="refused by auth, the backend"):
        Judges(False, True, False).wait_all_say(True, "token", "0xabc")
    Judges(False, True).wait_all_say(True, "token", "0xabc")


def test_before_anything_changes_a_yes_is_enough():
    judges = Judges(False, True, False)
    judges.wait_all_say(True, "token", "0xabc", stays=False)
    assert judges.says == [False], "it was asked again"
