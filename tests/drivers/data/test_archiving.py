"""Archiving that archives nothing."""

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.drivers.data import member_files
from acceptance.drivers.data.archiving import NOWHERE, PROGRESS, SEGMENT, UNARCHIVED, unarchived


class Members:
    """Two members; the first leads, and has these figures of its archiver, the last one for good."""

    admin = "admin"

    def __init__(self, *progress, **answers):
        self.progress, self.answers, self.segments = list(progress), answers, 0

    def names(self):
        return ["yb-tserver-0", "yb-tserver-1"]

    def leader(self):
        return "yb-tserver-0"

    def ask(self, member, statement, login):
        assert login == "admin"
        if statement == PROGRESS:
            found = self.progress.pop(0) if len(self.progress) > 1 else (self.progress or [None])[0]
            return [found] if found else []
        self.segments += statement == SEGMENT
        return self.answers.get({NOWHERE: "nowhere", UNARCHIVED: "failed"}.get(statement), [])


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(member_files, "REPLICATED", Deadline(1, "a test"))


def test_where_nothing_is_archived_nothing_is_written():
    members = Members()
    assert unarchived(members) == [] and members.segments == 0


@pytest.mark.parametrize("figures", [[(7, 0), (7, 4), (8, 4)], [(7, 0), (7, 3)], [(7, 9), (11, 0)]])
def test_archiving_that_goes_on_is_let_be(figures):
    members = Members(*figures)
    assert unarchived(members) == [] and members.segments == 4


def test_a_command_that_hangs_is_told():
    assert unarchived(Members((7, 5))) == ["yb-tserver-0 archives nothing while 5 files of its log wait"]


def test_a_command_that_is_missing_or_fails_is_told():
    found = unarchived(Members((0, 9), nowhere=[("on",)]))
    assert found == [f"{name} has archive_mode on, and no command to archive with" for name in Members().names()]
    assert unarchived(Members((0, 9), failed=[("00000001",)]))[0] == "yb-tserver-0 fails to archive 00000001"
