"""Writes that go on while a member is lost."""

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.drivers.data import member_loss
from acceptance.drivers.data.member_loss import ENOUGH, Writer, wait_for_writes


class Writing(Writer):
    """A writer with these lines."""

    def __init__(self, *lines):
        self.said = list(lines)

    def lines(self):
        return self.said


KEPT = [{"at": 10.0 + number, "id": number} for number in range(ENOUGH)]
REFUSED = {"at": 50.0, "id": 99, "error": "cannot execute INSERT in a read-only transaction"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(member_loss, "DATABASE_SERVES", Deadline(0.2, "a test"))


def test_enough_writes_are_enough():
    wait_for_writes(Writing(*KEPT), since=0.0, what="before a node was killed")
    wait_for_writes(Writing(*KEPT), since=5.0, what="after it was killed")


@pytest.mark.parametrize(
    ("lines", "since", "error"),
    [
        ([*KEPT, REFUSED], 40.0, AssertionError),
        ([*KEPT, {"at": 41.0, "id": 98}], 40.0, AssertionError),
        (KEPT, 40.0, RuntimeError),
        ([], 0.0, RuntimeError),
        ([REFUSED], 0.0, RuntimeError),
    ],
    ids=["refused after it", "few after it", "the writer itself stands", "none before it", "refused before it"],
)
def test_writes_that_are_refused_once_a_member_is_lost_are_a_failure(lines, since, error):
    with pytest.raises(error):
        wait_for_writes(Writing(*lines), since=since, what="after it was killed")
