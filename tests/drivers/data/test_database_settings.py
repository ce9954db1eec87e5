"""Settings of the database that differ from Git."""

import json
from types import SimpleNamespace as Thing

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.clients.sql import Login
from acceptance.drivers.data.archiving import UNARCHIVED
from acceptance.drivers.data.database_settings import (
    ALTERED,
    BOUND,
    LOG,
    altered,
    differences,
    fills_its_volume,
    flat,
    in_force,
    in_git,
    out_of_bounds,
    slow,
    unlike,
)
from acceptance.drivers.data.vacuuming import SETTINGS

TEXT = (ROOT / "k8s/database/overlays/kind/patroni.yaml").read_text()
HEALTHY = yaml.safe_load(TEXT)["bootstrap"]["dcs"]
GIT = [{"kind": "Service", "spec": {}}, {"kind": "ConfigMap", "data": {"patroni.yaml": TEXT}}]


def changed(parameters=None, **settings):
    """What Patroni has after a change."""
    postgresql = {**HEALTHY["postgresql"], "parameters": {**HEALTHY["postgresql"]["parameters"], **(parameters or {})}}
    return flat({**HEALTHY, "postgresql": postgresql, **settings})


def without(name):
    """What Patroni has after a parameter was removed."""
    return {key: value for key, value in changed().items() if not key.endswith(name)}


def test_what_git_has_is_let_be():
    assert in_git(GIT)["postgresql.parameters.wal_sender_timeout"] == "5s"
    assert unlike(in_git(GIT), changed()) == []


@pytest.mark.parametrize(
    "seen",
    [
        changed(pause=False),
        changed(pause=None),
        changed({"max_connections": "100"}),
        changed({"work_mem": None}),
    ],
)
def test_what_comes_to_the_same_is_let_be(seen):
    assert unlike(in_git(GIT), seen) == []


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (changed({"wal_sender_timeout": 0}), "wal_sender_timeout is 0, not 5s"),
        (changed({"wal_keep_size": 0}), "wal_keep_size is 0, not 128MB"),
        (without("wal_keep_size"), "wal_keep_size is None"),
        (changed({"synchronous_commit": "off"}), "synchronous_commit is off, but is not set in Git"),
        (changed({"fsync": False}), "fsync is False, but is not set in Git"),
        (changed(pause=True), "pause is True"),
        (changed(standby_cluster={"host": "elsewhere"}), "standby_cluster.host is elsewhere"),
        (changed(synchronous_mode=False), "synchronous_mode is False, not True"),
        (changed(synchronous_mode=1, synchronous_node_count=1), "synchronous_node_count is 1, not 2"),
        (changed(ttl=300), "ttl is 300, not 14"),
        (changed(primary_start_timeout=3600), "primary_start_timeout is 3600, but is not set in Git"),
        (changed(postgresql={**HEALTHY["postgresql"], "use_slots": False}), "use_slots is False, but is not set"),
        (changed(slots={"left": {"type": "physical"}}), "slots.left.type is physical, but is not set in Git"),
        ({}, "ttl is None"),
    ],
)
def test_what_differs_is_told(seen, word):
    found = unlike(in_git(GIT), seen)
    assert any(word in text for text in found), found


def test_where_no_patroni_is_there_is_nothing_to_compare():
    assert in_git([{"kind": "ConfigMap", "data": {"init.sql": "select 1"}}, {"kind": "ConfigMap"}]) == {}


class Members:
    """Two members under Patroni, one of which was altered."""

    admin = Login("yugabyte", "right", "alternatefutures")

    def __init__(self, rows=()):
        self.rows = list(rows)
        mount = Thing(name="disk0", mount_path="/mnt/disk0")
        volume = Thing(name="disk0", persistent_volume_claim=Thing(claim_name="disk0-yb-tserver"))
        spec = Thing(containers=[Thing(name="patroni", volume_mounts=[mount])], volumes=[volume])
        claim = Thing(status=Thing(capacity={"storage": "1Gi"}))
        core = Thing(read_namespaced_persistent_volume_claim=lambda *_: claim)
        self.namespace = Thing(
            name="default", cluster=Thing(core=core),
            pod=lambda name: Thing(status=Thing(pod_ip="10.244.1.7"), spec=spec),
        )  # fmt: skip

    def names(self):
        return ["yb-tserver-0", "yb-tserver-1"]

    def leader(self):
        return "yb-tserver-0"

    def members(self):
        return [Thing(metadata=Thing(name=name)) for name in self.names()]

    def databases(self):
        return ["alternatefutures"]

    def client(self, *arguments):
        assert arguments == ("http", "GET", "http://10.244.1.7:8008/config")
        return json.dumps({"status": 200, "body": json.dumps({"ttl": 14, "postgresql": {"parameters": {"a": 1}}})})

    def ask(self, member, statement, login=None):
        if statement not in (ALTERED, BOUND):
            return []
        return self.rows if member == "yb-tserver-1" else []


def test_patroni_is_asked_what_it_has():
    assert in_force(Members()) == {"ttl": 14, "postgresql.parameters.a": 1}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], []),
        ([("primary_conninfo", "host=10.244.1.7")], []),
        ([("fsync", "off")], ["fsync is off on yb-tserver-1 by ALTER SYSTEM"]),
    ],
)
def test_what_was_set_on_one_member_is_told(rows, said):
    assert altered(Members(rows)) == said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("wal_sender_timeout", "5000"), ("wal_receiver_timeout", "5000"), ("wal_keep_size", "128")], []),
        ([("wal_sender_timeout", "0")], ["wal_sender_timeout is 0 on yb-tserver-1"]),
        ([("wal_receiver_timeout", "600000")], ["wal_receiver_timeout is 600000 on yb-tserver-1"]),
        ([("wal_keep_size", "0")], ["wal_keep_size is 0 on yb-tserver-1"]),
    ],
)
def test_what_lets_a_loss_be_felt_is_told_whoever_set_it(rows, said):
    assert out_of_bounds(Members(rows), {"postgresql.use_slots": False}) == said


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({}, []),
        ({BOUND: [("wal_keep_size", "512")]}, []),
        ({BOUND: [("wal_keep_size", "1000")]}, ["wal_keep_size is 1000 on yb-tserver-1, whose volume has 1024 MB"]),
        ({BOUND: [("wal_keep_size", "1024")]}, ["wal_keep_size is 1024 on yb-tserver-1, whose volume has 1024 MB"]),
        ({LOG: [("max_wal_size", "1024"), ("min_wal_size", "80")]}, []),
        ({LOG: [("max_wal_size", "8192")]}, ["max_wal_size is 8192 on yb-tserver-1, whose volume has 1024 MB"]),
        ({LOG: [("min_wal_size", "4096")]}, ["min_wal_size is 4096 on yb-tserver-1, whose volume has 1024 MB"]),
        ({SETTINGS: [("autovacuum", "off")]}, ["autovacuum is off on yb-tserver-1"]),
        ({UNARCHIVED: [("0000000100000001",)]}, ["yb-tserver-1 fails to archive 0000000100000001"]),
    ],
)
def test_what_fills_the_volume_is_told_also_if_git_has_it(rows, said):
    members = Members()
    members.ask = lambda member, statement, login: rows.get(statement, []) if member == "yb-tserver-1" else []
    assert fills_its_volume(members) == said


def test_all_of_it_is_told_and_nothing_where_no_patroni_is():
    members = Members([("wal_keep_size", "0")])
    seen = {"ttl": 15, "failsafe_mode": True, "member_slots_ttl": "0"}
    # ttl is another, two are not in Git, loop_wait and retry_timeout do not fit, and the log is told twice.
    assert len(differences(members, {"ttl": 14}, seen)) == 6
    assert differences(members, {}, {}) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (changed(), []),
        (changed(ttl="20", primary_start_timeout=60), []),
        (changed(retry_timeout=10), ["loop_wait and twice retry_timeout are 24 s, more than ttl, 14 s"]),
        (changed(loop_wait="10"), ["loop_wait and twice retry_timeout are 20 s, more than ttl, 14 s"]),
        (changed(ttl=18, loop_wait=None, retry_timeout=4), []),
        (changed(ttl=20, retry_timeout=None), ["loop_wait and twice retry_timeout are 24 s, more than ttl, 20 s"]),
        (changed(ttl=300), ["ttl is 300 s, more than 20"]),
        (changed(ttl=None), ["ttl is 30 s, more than 20"]),
        (changed(primary_start_timeout=3600), ["primary_start_timeout is 3600 s, more than 300"]),
        (changed(master_start_timeout="3600"), ["master_start_timeout is 3600 s, more than 300"]),
        (changed(ttl="soon"), []),
        (changed(failsafe_mode="true"), []),
        (changed(failsafe_mode=False), ["failsafe_mode is False: the leader stops without the API server"]),
        (changed(failsafe_mode=None), ["failsafe_mode is None: the leader stops without the API server"]),
    ],
)
def test_a_slow_failover_is_told_also_if_git_has_it(seen, said):
    assert slow(seen) == said
