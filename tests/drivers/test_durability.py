"""What gives a commit's durability away is seen where a session is told so."""

import pytest

from acceptance.drivers.durability import weak_among, weakly_told


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
    ],
)
def test_a_session_that_waits_for_no_disk_is_named(item):
    assert len(weakly_told(item)) == 1


def test_what_waits_is_left_alone():
    text = "synchronous_commit: on\nfsync: 'on'\nsynchronous_mode: true\nfull_page_writes: on, or nothing"
    assert weakly_told(workload(data={"patroni.yaml": text}, spec=None)) == []


@pytest.mark.parametrize(
    ("setting", "is_weak"),
    [
        (("session_replication_role", "replica"), True),
        (("session_replication_role", "origin"), False),
        (("synchronous_commit", "off"), True),
        (("work_mem", "4MB"), False),
    ],
)
def test_a_role_whose_sessions_hold_to_nothing_is_named(setting, is_weak):
    assert bool(weak_among([("platform in every database", setting)])) is is_weak
