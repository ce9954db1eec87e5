"""Checks of all pods: the last lines of a rotated log, and logs that a kubelet does not return."""

import datetime
import json
from types import SimpleNamespace

import pytest
from kubernetes.client import ApiException

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import DidNotStay, TimedOut
from acceptance.drivers.services import service_logs
from acceptance.drivers.workloads import pod_lists


def namespace(lines):
    core = SimpleNamespace(read_namespaced_pod_log=lambda name, place, tail_lines: "\n".join(lines[-tail_lines:]))
    return SimpleNamespace(name="scenario-1", cluster=SimpleNamespace(core=core))


def test_a_log_that_began_anew_is_no_log_of_all_lines(monkeypatch):
    monkeypatch.setattr(pod_lists, "KUBELET_LOOKS", Deadline(0, "a test"))
    lines = [f"line {number} of 1500" for number in range(1, 1501)]
    pod_lists.lines_stay(namespace(lines), ["one"], 1500, 1000)
    with pytest.raises(DidNotStay, match="300 lines of one"):
        pod_lists.lines_stay(namespace(lines[-300:]), ["one"], 1500, 1000)


def test_who_has_written_all_lines_has_written_the_last(monkeypatch):
    monkeypatch.setattr(pod_lists, "LOGS_READABLE", Deadline(0, "a test"))
    lines = [f"line {number} of 1500" for number in range(1, 1501)]
    assert pod_lists.wait_written(namespace(lines), "one") == 1500
    assert pod_lists.last_lines(1500, 2) == lines[-2:]
    for early in (lines[:-1], [""], ["line 15", "00 of 1500"]):
        with pytest.raises(TimedOut, match="one to have written all its lines"):
            pod_lists.wait_written(namespace(early), "one")


def pod(name, node):
    return SimpleNamespace(
        metadata=SimpleNamespace(name=name, namespace="default", labels={}, deletion_timestamp=None),
        spec=SimpleNamespace(node_name=node, containers=[SimpleNamespace(name="one")]),
        status=SimpleNamespace(phase="Running", conditions=[SimpleNamespace(type="Ready", status="True")]),
    )


def test_a_kubelet_that_gives_no_logs_is_asked_once():
    asked = []

    def read(name, place, container, tail_lines):
        asked.append(name)
        if name.startswith("silent"):
            raise ApiException(500, "connection refused")

    pods = [pod("silent-1", "worker"), pod("silent-2", "worker"), pod("well", "worker2")]
    core = SimpleNamespace(
        list_pod_for_all_namespaces=lambda: SimpleNamespace(items=pods), read_namespaced_pod_log=read
    )
    unread, read_count = pod_lists.read_logs(SimpleNamespace(core=core))
    assert (list(unread), read_count, asked) == (["default/silent-1 on worker"], 1, ["silent-1", "well"])


@pytest.mark.parametrize(("said", "size"), [({"containerLogMaxSize": "100Ki"}, 102400), ({}, 10 * 1024**2)])
def test_how_long_a_log_may_be_is_what_the_kubelet_says(said, size):
    cluster = SimpleNamespace(kubectl=lambda *_: json.dumps({"kubeletconfig": said}))
    assert pod_lists.longest_log(cluster, "worker") == size


@pytest.mark.parametrize(
    ("logs", "silent"),
    [
        ({"a": "GET /mark-1", "b": "GET /mark-1"}, []),
        ({"a": "started", "b": "started"}, []),
        ({"a": "GET /mark-1", "b": "started"}, ["b"]),
        ({"a": "GET /mark-1", "unreachable": "started"}, []),
        ({"a": "", "unreachable": "\n"}, ["a", "unreachable"]),
    ],
)
def test_a_log_that_says_nothing_of_a_request(logs, silent):
    assert service_logs.silent(logs, "mark-1", ["a", "b"]) == silent


def container(count, exit_code=None):
    last = SimpleNamespace(reason="Error", exit_code=exit_code) if exit_code is not None else None
    return SimpleNamespace(name="one", restart_count=count, last_state=SimpleNamespace(terminated=last))


def running(uid, *containers):
    metadata = SimpleNamespace(uid=uid, name=f"pod-{uid}", namespace="default", labels={})
    return SimpleNamespace(
        metadata=metadata, status=SimpleNamespace(container_statuses=containers, init_container_statuses=None)
    )


def cluster_of(pods, events=()):
    core = SimpleNamespace(
        list_pod_for_all_namespaces=lambda: SimpleNamespace(items=pods),
        list_event_for_all_namespaces=lambda field_selector: SimpleNamespace(items=list(events)),
    )
    return SimpleNamespace(core=core)


def test_a_container_that_was_started_again_between_two_looks_is_told(monkeypatch):
    monkeypatch.setattr(pod_lists, "WATCHED", Deadline(0, "a test"))
    before = pod_lists.restarts(cluster_of([running("1", container(3)), running("2", container(0))]))
    now = [running("1", container(3)), running("2", container(1, 137)), running("3", container(9))]
    assert pod_lists.started_again(before, pod_lists.restarts(cluster_of(now))) == [
        "one of pod-2 (Error, exit code 137)"
    ]
    with pytest.raises(DidNotStay, match="no container crashing"):
        pod_lists.none_restarts(cluster_of(now), before)
    pod_lists.none_restarts(cluster_of([running("1", container(3))]), before)


@pytest.mark.parametrize(
    ("uid", "message", "seconds", "told"),
    [
        ("1", "Back-off restarting failed container one in pod", 20, True),
        ("1", "Back-off restarting failed container one in pod", 90, False),
        ("1", "Back-off pulling image", 20, False),
        ("gone", "Back-off restarting failed container one in pod", 20, False),
    ],
)
def test_a_pod_that_waits_for_its_restart_again_and_again_is_told(uid, message, seconds, told):
    last = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    about = SimpleNamespace(uid=uid, namespace="default", name="pod-1")
    event = SimpleNamespace(involved_object=about, message=message, last_timestamp=last, event_time=None)
    assert bool(pod_lists.held_back(cluster_of([running("1", container(3))], [event]))) is told


def part(name, *, restart=None):
    return SimpleNamespace(name=name, restart_policy=restart)


def status(name, *, ready, started=True):
    return SimpleNamespace(name=name, ready=ready, started=started)


@pytest.mark.parametrize(
    ("inits", "init_statuses", "ready", "wanted"),
    [
        ([], [], True, "1/1"),
        ([], [], False, "0/1"),
        ([part("prepare")], [status("prepare", ready=True)], True, "1/1"),
        ([part("shipper", restart="Always")], [status("shipper", ready=True)], True, "2/2"),
        ([part("shipper", restart="Always")], [status("shipper", ready=False)], True, "1/2"),
        ([part("shipper", restart="Always")], [status("shipper", ready=True, started=False)], True, "1/2"),
        ([part("shipper", restart="Always")], None, False, "0/2"),
    ],
)
def test_sidecars_among_init_containers_count_as_kubectl_counts_them(inits, init_statuses, ready, wanted):
    found = SimpleNamespace(
        spec=SimpleNamespace(containers=[part("one")], init_containers=inits),
        status=SimpleNamespace(container_statuses=[status("one", ready=ready)], init_container_statuses=init_statuses),
    )
    assert pod_lists.counted(found) == wanted
