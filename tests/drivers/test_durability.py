"""What gives a commit's durability away is seen where a session is told so."""

import pytest

from acceptance.drivers.durability import weakly_told


def workload(**parts):
    return {"metadata": {"name": "auth"}, **parts}


@pytest.mark.parametrize(
    "item",
    [
        workload(spec={"containers": [{"env": [{"name": "PGOPTIONS", "value": "-c synchronous_commit=off"}]}]}),
        workload(data={"postgresql.conf": "fsync = off\n"}),
        workload(data={"patroni.yaml": "parameters: {full_page_writes: 'off'}"}),
        workload(data={"patroni.json": '{"synchronous_commit": "local"}'}),
    ],
)
def test_a_session_that_waits_for_no_disk_is_named(item):
    assert len(weakly_told(item)) == 1


def test_what_waits_is_left_alone():
    text = "synchronous_commit: on\nfsync: 'on'\nsynchronous_mode: true\nfull_page_writes: on, or nothing"
    assert weakly_told(workload(data={"patroni.yaml": text}, spec=None)) == []
