"""Settings that give up a commit's durability are found wherever a session gets them from."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data import durability
from acceptance.drivers.data.database import Database
from acceptance.drivers.data.durability import (
    FILED,
    OVERRIDES,
    SOUND,
    weak_among,
    weak_files,
    weak_processes,
    weak_settings,
    weakly_told,
)


def workload(**parts):
    return {"metadata": {"name": "auth"}, **parts}


@pytest.mark.parametrize(
    "item",
    [
        workload(spec={"containers": [{"env": [{"name": "PGOPTIONS", "value": "-c synchronous_commit=off"}]}]}),
        workload(data={"postgresql.conf": "fsync = off\n"}),
        workload(data={"patroni.yaml": "parameters: {full_page_writes: 'off'}"}),
        workload(data={"patroni.json": '{"synchronous_commit": "local"}'}),
        workload(spec={"args": ["-c", "session_replication_role=replica"]}),
        workload(spec={"args": ["-c", "zero_damaged_pages=on"]}),
        workload(data={"patroni.yaml": "parameters: {data_sync_retry: true}"}),
    ],
)
def test_a_session_that_waits_for_no_disk_is_named(item):
    assert len(weakly_told(item)) == 1


def test_what_waits_is_left_alone():
    text = "synchronous_commit: on\nfsync: 'on'\nsynchronous_mode: true\nfull_page_writes: on\ndata_sync_retry: off"
    assert weakly_told(workload(data={"patroni.yaml": text}, spec=None)) == []


@pytest.mark.parametrize(
    ("setting", "is_weak"),
    [
        (("session_replication_role", "replica"), True),
        (("session_replication_role", "origin"), False),
        (("synchronous_commit", "off"), True),
        (("synchronous_commit", "true"), False),
        (("zero_damaged_pages", "on"), True),
        (("zero_damaged_pages", "TRUE"), True),
        (("ignore_checksum_failure", "1"), True),
        (("data_sync_retry", "false"), False),
        (("work_mem", "4MB"), False),
    ],
)
def test_a_role_whose_sessions_hold_to_nothing_is_named(setting, is_weak):
    assert bool(weak_among([("platform in every database", setting)])) is is_weak


class Members:
    """A durable database, except for the settings of sessions with DATABASE_URL."""

    login, admin = Login("platform", "right", "alternatefutures"), Login("yugabyte", "right", "alternatefutures")

    is_yugabytedb = False

    def __init__(self, **told):
        self.told = told

    def names(self):
        return ["yb-tserver-0", "yb-tserver-1"]

    def leader(self):
        return "yb-tserver-0"

    def ask(self, member, statement, login=None):
        if statement == FILED:
            return [*self.told.items()] if member == "yb-tserver-1" else []
        return [] if statement == OVERRIDES else [(name, allowed[0]) for name, allowed in SOUND.items()]

    def client(self, *arguments):
        assert arguments[:2] == ("sql-query", "env:DATABASE_URL")
        return json.dumps([[name, self.told.get(name, allowed[0])] for name, allowed in SOUND.items()])


def test_an_option_of_the_url_that_gives_durability_away_is_named():
    assert weak_settings(Members()) == []
    found = weak_settings(Members(synchronous_commit="off"))
    assert found == ["synchronous_commit=off for whoever connects with DATABASE_URL"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({}, []),
        ({"fsync": "on", "full_page_writes": "yes", "synchronous_commit": "remote_apply"}, []),
        ({"fsync": "off"}, ["fsync=off for yb-tserver-1, from its next reload"]),
        ({"data_sync_retry": "yes"}, ["data_sync_retry=yes for yb-tserver-1, from its next reload"]),
        ({"synchronous_commit": "local"}, ["synchronous_commit=local for yb-tserver-1, from its next reload"]),
    ],
)
def test_a_file_that_gives_durability_up_later_is_named(written, told):
    assert weak_files(Members(**written)) == told


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("-c synchronous_commit=off", ["synchronous_commit=off for the sessions of auth"]),
        ("-c synchronous_commit=on", []),
    ],
)
def test_what_an_image_sets_for_its_sessions_is_told(monkeypatch, value, said):
    variable = Thing(name="DATABASE_URL")
    template = Thing(spec=Thing(containers=[Thing(env=[variable])]))
    spec = Thing(selector=Thing(match_labels={"app": "auth"}), template=template)
    plain = Thing(spec=Thing(containers=[Thing(env=None)]))
    found = [
        Thing(metadata=Thing(name="auth"), spec=spec),
        Thing(metadata=Thing(name="frontend"), spec=Thing(template=plain)),
    ]
    listed = Thing(list_namespaced_deployment=lambda name, label_selector: Thing(items=found))

    def pods(selector):
        return ["auth-1", "auth-2"] if selector.startswith("app=auth,!") else []

    monkeypatch.setattr(durability, "is_ready", lambda _: True)
    monkeypatch.setattr(durability, "environment_of", lambda _, pod: {"PGOPTIONS": value, "HOSTNAME": pod})
    space = Thing(name="default", cluster=Thing(apps=listed), pods=pods)
    assert weak_processes(Thing(namespace=space)) == said


class Changing:
    """Three members; each look at `auth.beats` sees more rows, and a follower may lack a row of another table."""

    def __init__(self, lacks=""):
        self.lacks, self.looks = lacks, 0

    def leader(self):
        return "yb-tserver-0"

    def names(self):
        return ["yb-tserver-0", "yb-tserver-1", "yb-tserver-2"]

    def digests(self, member):
        self.looks += 1
        kept = {"auth.tokens": (2, "good"), "auth.beats": (self.looks, f"digest {self.looks}")}
        return {**kept, "auth.tokens": (1, "bad")} if member == self.lacks else kept


def test_a_table_that_is_written_to_all_the_time_is_not_compared(monkeypatch):
    monkeypatch.setattr(durability, "digests", lambda db, member: db.digests(member))
    assert durability.same_everywhere(Changing()) == {"auth.tokens": (2, "good")}
    with pytest.raises(AssertionError, match=r"yb-tserver-2 differs .*auth\.tokens"):
        durability.same_everywhere(Changing(lacks="yb-tserver-2"))


class Streaming(Database):
    """A leader with these streams to others."""

    def __init__(self, *streams):
        self.rows, self.admin = list(streams), "admin"

    def members(self):
        return [Thing(metadata=Thing(name=f"yb-tserver-{number}")) for number in range(3)]

    def leader(self):
        return "yb-tserver-0"

    def ask(self, member, statement, *values, login=None):
        return self.rows


def test_a_backup_that_reads_the_log_is_no_replica():
    both = [("yb-tserver-1", "streaming", "sync"), ("yb-tserver-2", "streaming", "sync")]
    is_sync = (lambda state, sync: sync == "sync", "have each commit")
    assert Streaming(*both, ("barman_receive_wal", "streaming", "async")).streams(*is_sync) == both
    with pytest.raises(AssertionError, match="expected 2 other members"):
        Streaming(both[0], ("barman_receive_wal", "streaming", "sync")).streams(*is_sync)
