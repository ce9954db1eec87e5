"""Configuration files that differ from member to member."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.clients.sql import Login
from acceptance.drivers.data import member_files
from acceptance.drivers.data.member_files import PENDING, unlike_each_other

COMMON = [("work_mem", "4MB", True, None), ("max_connections", "50", False, PENDING), ("jit", "on", False, None)]


class Members:
    """Three members; `more`: what the files of one have beside the others'."""

    admin = Login("yugabyte", "right", "alternatefutures")

    def __init__(self, **more):
        self.more = {name.replace("_", "-"): rows for name, rows in more.items()}
        self.namespace = Thing(pod=lambda name: Thing(status=Thing(pod_ip=f"10.244.1.{name[-1]}")))

    def names(self):
        return ["yb-tserver-0", "yb-tserver-1", "yb-tserver-2"]

    def ask(self, member, statement, login):
        address = [("listen_addresses", f"10.244.1.{member[-1]}", True, None), ("cluster_name", member, True, None)]
        return [*COMMON, *address, *self.more.get(member, [])]


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Nobody writes the files of a test's members."""
    monkeypatch.setattr(member_files, "REPLICATED", Deadline(0.2, "a test"))


@pytest.mark.parametrize(
    "row",
    [
        ("primary_conninfo", "host=10.244.1.9", True, None),
        ("synchronous_standby_names", '2 ("yb-tserver-1","yb-tserver-2")', True, None),
        ("recovery_min_apply_delay", "0", True, None),
        ("fsync", "off", False, None),
    ],
)
def test_members_whose_files_come_to_the_same_are_let_be(row):
    assert unlike_each_other(Members(yb_tserver_0=[row])) == []


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (("default_transaction_read_only", "on", True, None), "not set on yb-tserver-0, on on yb-tserver-1"),
        (("Work_Mem", "64kB", True, None), "differ in work_mem: 4MB on yb-tserver-0, 64kB on yb-tserver-1"),
        (("shared_buffers", "8GB", False, PENDING), "differ in shared_buffers"),
        ((None, None, False, "syntax error"), "the files of yb-tserver-1 have an error: syntax error"),
        (("wrok_mem", "4MB", False, "unrecognized configuration parameter"), "have an error in wrok_mem"),
    ],
)
def test_a_file_that_was_changed_on_one_member_is_told(row, word):
    (said,) = unlike_each_other(Members(yb_tserver_1=[row]))
    assert word in said
