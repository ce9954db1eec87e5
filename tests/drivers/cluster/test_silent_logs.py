"""Logs that can be read and say nothing."""

import datetime
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import silent_logs

NOW = datetime.datetime.now(datetime.UTC)
DAYS = datetime.timedelta(days=2)
OURS = {"app.kubernetes.io/name": "redis"}
WORKERS = Thing(workers=[Thing(name="worker")])


def pod(app, age=datetime.timedelta(minutes=5), ready="True", **labels):
    return Thing(
        metadata=Thing(
            name=f"{app}-0",
            namespace="default",
            uid="u",
            labels={"app": app, **(labels or OURS)},
            owner_references=None,
        ),
        spec=Thing(node_name="worker", containers=[Thing(name="linkerd-proxy"), Thing(name=app)]),
        status=Thing(conditions=[Thing(type="Ready", status=ready)], start_time=NOW - age),
    )


def cluster(*pods, log="", files="0.log", attached=False):
    """A cluster whose containers of these pods have such a log, in such files of their machine."""

    def read(name, place, container, tail_lines):
        assert container == name.removesuffix("-0"), "the main container's log is meant"
        return log

    listed = {"default": [*pods], "sealed-secrets": []}
    core = Thing(list_namespaced_pod=lambda name: Thing(items=listed[name]), read_namespaced_pod_log=read)
    return Thing(core=core, is_attached=attached, on_node=lambda *_, check: files, outputs=WORKERS)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (cluster(pod("redis")), True),
        (cluster(pod("redis"), log="Ready to accept connections"), False),
        (cluster(pod("redis"), files="0.log\n0.log.20270105-080000.gz"), False),
        (cluster(pod("redis", ready="False")), False),
        (cluster(pod("frontend-service")), False),
        (cluster(pod("redis", **OURS, **{"alternate-futures.dev/scenario": "true"})), False),
        (cluster(pod("somebody-elses", other="label")), False),
        (cluster(pod("redis"), attached=True), True),
        (cluster(pod("redis", age=DAYS), attached=True), False),
    ],
)
def test_a_log_that_is_written_elsewhere_is_told(found, told):
    if told:
        with pytest.raises(AssertionError, match="the log of default/redis-0 is empty"):
            silent_logs.all_say_something(found)
    else:
        silent_logs.all_say_something(found)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("812 postgres: yb-tservers: logger ", True),
        ("812 postgres: yb-tservers: walwriter", False),
        ("812 postgres: yb-tservers: logger alternatefutures 10.244.1.7(4711) idle", False),
        ("812 postgres: logger", False),
        ("", False),
    ],
)
def test_a_database_that_collects_its_log_in_files_is_told(line, told):
    assert silent_logs.kept_in_files(cluster(files=line)) == (["worker"] if told else [])
    assert silent_logs.kept_in_files(cluster(files=line, attached=True)) == []
