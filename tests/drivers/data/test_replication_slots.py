"""Replication slots that nobody reads."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.clients.sql import Login
from acceptance.drivers.data import member_files, replication_slots
from acceptance.drivers.data.replication_slots import keeps_for_members, unread


class Members:
    """Three members with a volume of 1 GiB each; `looks`: the leader's idle slots, one look after the other."""

    admin = Login("yugabyte", "right", "alternatefutures")

    def __init__(self, *looks):
        self.looks = list(looks)
        self.namespace = Thing(pod=lambda name: name)

    def leader(self):
        return "yb-tserver-0"

    def members(self):
        return [Thing(metadata=Thing(name=f"yb-tserver-{number}")) for number in range(3)]

    def ask(self, member, statement, login):
        assert (member, statement) == ("yb-tserver-0", replication_slots.IDLE)
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        ([[]], 0),
        ([[("yb_tserver_2", "-1", -1)]], 0),
        ([[("changes", "-1", -1)], []], 0),
        ([[("backup", "512", -1)]], 0),
        ([[("backup", "1024", -1)]], 1),
        ([[("backup", "-1", -1), ("yb_tserver_3", None, -1)]], 2),
        ([[("backup", "-1", 16), ("changes", "512", 600)]], 0),
        ([[("changes", "-1", 600)]], 1),
    ],
)
def test_a_slot_that_keeps_the_log_without_end_is_told(looks, said, monkeypatch):
    monkeypatch.setattr(member_files, "REPLICATED", Deadline(0.2, "a test"))
    monkeypatch.setattr(replication_slots, "capacity_at", lambda *_: 2**30)
    found = unread(Members(*looks))
    assert len(found) == said and all("which nobody reads" in text for text in found)


class Followed:
    """A leader under a release of Patroni, which has slots for its members."""

    admin = Members.admin
    leader, members = Members.leader, Members.members

    def __init__(self, version, rows):
        self.version, self.rows = version, rows
        self.namespace = Thing(pod=lambda _: Thing(status=Thing(pod_ip="10.244.1.7")))

    def client(self, *arguments):
        assert arguments == ("http", "GET", "http://10.244.1.7:8008/patroni")
        return json.dumps({"status": 200, "body": json.dumps({"patroni": {"version": self.version}})})

    def ask(self, *_, login):
        return self.rows


BOTH = [("yb_tserver_1", "-1"), ("yb_tserver_2", "-1")]


@pytest.mark.parametrize(
    ("version", "rows", "seen", "keeps"),
    [
        ("4.0.5", BOTH, {}, True),
        ("4.1.0", [("yb_tserver_1", "512"), ("yb_tserver_2", "64")], {"member_slots_ttl": "30min"}, True),
        ("4.0.5", [("yb_tserver_1", "-1"), ("yb_tserver_2", "16")], {}, False),
        ("4.0.5", BOTH[:1], {}, False),
        ("4.0.5", BOTH, {"member_slots_ttl": 0}, False),
        ("4.0.5", BOTH, {"postgresql.use_slots": False}, False),
        ("3.0.2", BOTH, {}, False),
    ],
)
def test_slots_may_keep_the_log_for_members_that_are_away(version, rows, seen, keeps):
    assert keeps_for_members(Followed(version, rows), seen, 64) is keeps
