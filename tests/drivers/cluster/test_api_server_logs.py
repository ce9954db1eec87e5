"""Each API server is asked for a log line by itself; one that cannot read any is named."""

from types import SimpleNamespace as Thing

import pytest
from kubernetes.client import ApiException

from acceptance.base.deadlines import Deadline
from acceptance.base.errors import UserError
from acceptance.base.waiting import TimedOut
from acceptance.drivers.cluster import api_server_logs

CONTROL_PLANES = [Thing(name=name, address=f"10.0.0.{number}") for number, name in enumerate(("one", "two"), 1)]


def pod(name, node="worker", place="kube-system", log="a line"):
    """A pod that is Ready, with its log."""
    ready = [Thing(type="Ready", status="True")]
    return Thing(
        metadata=Thing(name=name, namespace=place, deletion_timestamp=None),
        spec=Thing(node_name=node, containers=[Thing(name="main")]),
        status=Thing(conditions=ready, phase="Running"),
        log=log,
    )


def cluster(*pods):
    """A cluster whose common address reads these pods' logs."""

    def read(name, _place, **_):
        log = next(item.log for item in pods if item.metadata.name == name)
        if log is None:
            raise ApiException(500)
        return log

    core = Thing(list_pod_for_all_namespaces=lambda: Thing(items=pods), read_namespaced_pod_log=read)
    outputs = Thing(control_planes=CONTROL_PLANES, workers=[Thing(name="worker")])
    return Thing(core=core, outputs=outputs, is_attached=False)


PODS = (
    pod("etcd", node="one"),
    pod("silent", log=""),
    pod("broken", log=None),
    pod("shop", place="shop"),
    pod("proxy"),
)


def test_every_api_server_is_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(
        api_server_logs, "ask", lambda _, machine, *words: asked.append((machine.name, words[3])) or "x"
    )
    assert api_server_logs.read_through_each(cluster(*PODS)) == {"one": "proxy", "two": "proxy"}
    assert asked == [("one", "proxy"), ("two", "proxy")]


@pytest.mark.parametrize("said", ["", "refused"])
def test_one_that_returns_no_line_is_named(monkeypatch, said):
    def ask(_, machine, *_words):
        if machine.name == "two" and said:
            raise UserError("You must be logged in to the server", "")
        return "" if machine.name == "two" else "a line"

    monkeypatch.setattr(api_server_logs, "ask", ask)
    monkeypatch.setattr(api_server_logs, "LOGS_READABLE", Deadline(0.2, "a test"))
    with pytest.raises(TimedOut, match="two.*logged in" if said else "two.*it is empty"):
        api_server_logs.read_through_each(cluster(*PODS))


def test_no_log_at_all_is_a_failure(monkeypatch):
    with pytest.raises(AssertionError, match="no system pod"):
        api_server_logs.talking_pod(cluster(*PODS[:4]))


def test_other_peoples_api_servers_are_not_asked():
    found = cluster(*PODS)
    found.is_attached = True
    assert api_server_logs.read_through_each(found) == {}
