"""What an open UI of Argo CD receives about changes."""

import contextlib
import json
from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import TimedOut
from acceptance.clients.argocd import ArgoCD, told
from acceptance.drivers.argocd import reported_status
from acceptance.drivers.argocd.reported_status import hears_of_change, wait_objects_shown


def line(status):
    return "data: " + json.dumps(
        {"result": {"type": "MODIFIED", "application": {"status": {"sync": {"status": status}}}}}
    )


def test_the_stream_tells_applications():
    events = told([line("Synced"), "", ":", line("OutOfSync")])
    assert [item["status"]["sync"]["status"] for item in events] == ["Synced", "OutOfSync"]
    with pytest.raises(requests.HTTPError, match="permission denied"):
        list(told(['data: {"error": {"message": "permission denied"}}']))


DEPLOYMENT, CONFIG, POD = ({"kind": kind, "name": "demo"} for kind in ("Deployment", "ConfigMap", "Pod"))


@pytest.mark.parametrize(
    ("tree", "managed", "said"),
    [
        ([DEPLOYMENT, CONFIG, POD], [DEPLOYMENT, CONFIG], ""),
        ([], [DEPLOYMENT, CONFIG], "lack .*tree.*Deployment"),
        ([DEPLOYMENT, CONFIG, POD], [DEPLOYMENT], "lack .*comparison.*ConfigMap"),
        ([DEPLOYMENT, CONFIG], [DEPLOYMENT, CONFIG], "has no pods"),
    ],
)
def test_an_object_that_the_ui_does_not_list_is_told(tree, managed, said, monkeypatch):
    monkeypatch.setattr(reported_status, "SYNCED", Deadline(0.1, "the test"))
    resources = [DEPLOYMENT, CONFIG, {"kind": "Job", "name": "hook", "hook": True}]
    argocd = Thing(
        application=lambda _: {"status": {"resources": resources}}, tree=lambda _: tree, managed=lambda _: managed
    )
    if not said:
        assert wait_objects_shown(argocd, "demo") == {"tree": 3, "comparison": 2}
        return
    with pytest.raises(TimedOut, match=said):
        wait_objects_shown(argocd, "demo")


def status(shown="new", synced="new", phase="Succeeded", **sync):
    """An Application's status: what its history ends with, and what its last operation did."""
    operation = {"phase": phase, "operation": {"sync": sync}, "syncResult": {"revision": synced}}
    history = [{"revision": "old"}, {"revision": shown}] if shown else []
    return {"status": {"history": history, "operationState": operation}}


@pytest.mark.parametrize(
    ("item", "is_right"),
    [
        (status(), True),
        (status(shown="old"), False),
        (status(shown=""), False),
        (status(shown="old", phase="Failed"), True),
        (status(shown="old", phase="Running"), True),
        (status(shown="old", dryRun=True), True),
        (status(shown="old", resources=[{"kind": "Deployment"}]), True),
        ({"status": {"history": [{"revision": "new"}]}}, True),
    ],
    ids=["same", "other", "none", "failed", "running", "dry-run", "single-objects", "no-operation"],
)
def test_the_history_ends_with_the_last_full_sync(item, is_right):
    argocd = Thing(application=lambda _: item)
    if is_right:
        assert reported_status.last_deployment(argocd, "redis") == item["status"]["history"][-1]
        return
    with pytest.raises(AssertionError, match="history"):
        reported_status.last_deployment(argocd, "redis")


def test_it_is_asked_for_as_the_ui_asks():
    asked = []

    class Answer(contextlib.nullcontext):
        def raise_for_status(self):
            pass

        def iter_lines(self):
            return iter([line("Synced").encode()])

    argocd = ArgoCD(
        lambda: "https://argocd.test", "password", Thing(get=lambda url, **how: asked.append((url, how)) or Answer())
    )
    argocd.signed_in_at = "https://argocd.test"
    with argocd.changes("demo") as events:
        assert next(events)["status"]["sync"]["status"] == "Synced"
    ((url, how),) = asked
    assert url == "https://argocd.test/api/v1/stream/applications" and how["params"] == {"name": "demo"}
    assert how["stream"] and how["headers"] == {"Accept": "text/event-stream"} and how["timeout"] < 15, (
        "a sign of life is no change"
    )


class Demo:
    name, hint, pushed = "demo", "look", "old"

    def push(self):
        self.pushed = "new"

    def status(self, refresh):
        return {"sync": {"status": "OutOfSync" if self.pushed == "new" else "Synced", "revision": self.pushed}}


def listening(*lines):
    """Argo CD whose stream has these lines and is then silent for too long."""

    def stream():
        yield from lines
        raise requests.ConnectionError("Read timed out.")

    return Thing(changes=lambda name: contextlib.nullcontext(told(stream())))


def test_a_change_is_heard():
    assert hears_of_change(listening(line("Synced"), line("Synced"), line("OutOfSync")), Demo())[-1] == "OutOfSync"


@pytest.mark.parametrize(("lines", "heard"), [((), "nothing"), ((line("Synced"),), r"\['Synced'\]")])
def test_no_change_is_heard(lines, heard):
    with pytest.raises(AssertionError, match=f"report each change of .*, saw {heard} and then Read timed out"):
        hears_of_change(listening(*lines), Demo())


def test_a_stream_that_ends_is_no_stream():
    ends = Thing(changes=lambda name: contextlib.nullcontext(told([line("Synced")])))
    with pytest.raises(AssertionError, match="the end of the stream"):
        hears_of_change(ends, Demo())
