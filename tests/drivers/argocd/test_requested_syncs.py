"""A sync of what is healthy that fails or does not end is told, and nothing of it is left behind."""

import re
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.base.paths import ROOT
from acceptance.base.waiting import TimedOut
from acceptance.clients.argocd import Busy
from acceptance.drivers.argocd import requested_syncs
from acceptance.platform.applications import APPLICATIONS

BEFORE, NOW = "2026-11-30T10:00:00Z", "2026-11-30T10:01:00Z"


def hook(phase):
    return {"name": "redis-synced", "namespace": "default", "hookType": "PostSync", "hookPhase": phase}


def application(phase, *hooks, at=NOW, message=""):
    state = {"phase": phase, "startedAt": at, "message": message, "syncResult": {"resources": [*hooks]}}
    return {"status": {"operationState": state}}


class Controller:
    """Argo CD with one Application, which may be busy for some requests."""

    def __init__(self, found, busy=0):
        self.found, self.busy, self.called = found, busy, []

    def application(self, name):
        return self.found

    def sync(self, name):
        self.busy -= 1
        if self.busy >= 0:
            raise Busy("another operation is already in progress")
        self.called.append(name)

    def call(self, *words):
        self.called.append(words)
        self.found = application("Failed", hook("Failed"))


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(requested_syncs, "SYNCED", Deadline(0.4, "this test"))
    monkeypatch.setattr(requested_syncs, "begin_anew_if_stuck", lambda *_: None)


def test_each_application_is_synced_here_or_by_a_scenario_that_changes_it():
    text = "".join(path.read_text() for path in (ROOT / "features").rglob("*.feature"))
    elsewhere = set(re.findall(r'auto-sync of "([a-z-]+)" is', text))
    assert {*requested_syncs.SYNCED_ELSEWHERE} == elsewhere
    assert {*requested_syncs.SYNCED_HERE} | elsewhere == {*APPLICATIONS}


def test_a_busy_application_is_asked_again():
    argocd = Controller(application("Succeeded", at=BEFORE), busy=1)
    assert requested_syncs.request(argocd, "redis") == BEFORE
    assert argocd.called == ["redis"]


def test_a_sync_that_succeeded_is_taken():
    argocd = Controller(application("Succeeded", hook("Succeeded"), message="successfully synced"))
    assert requested_syncs.wait_each(Thing(), argocd, {"redis": BEFORE}) == {"redis": "Succeeded successfully synced"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (application("Failed", hook("Failed")), "redis-synced Failed"),
        (application("Error", message="no manifests"), "Error no manifests"),
        (application("Running", hook("Running"), message="waiting for completion of hook"), "waiting for completion"),
        (application("Succeeded", at=BEFORE), "has not begun"),
    ],
)
def test_a_sync_that_failed_or_does_not_end_is_told(found, said):
    with pytest.raises(AssertionError, match=said):
        requested_syncs.wait_each(Thing(), Controller(found), {"redis": BEFORE})


def test_what_still_runs_is_ended_and_its_failed_job_deleted():
    argocd, deleted = Controller(application("Running", hook("Running"))), []
    batch = Thing(delete_namespaced_job=lambda name, namespace, **_: deleted.append((namespace, name)))
    requested_syncs.put_back(Thing(cluster=Thing(batch=batch)), argocd, {"redis": BEFORE})
    assert argocd.called == [("DELETE", "applications/redis/operation")]
    assert deleted == [("default", "redis-synced")]


def test_a_sync_that_ended_well_is_left_alone():
    argocd = Controller(application("Succeeded", hook("Succeeded")))
    requested_syncs.put_back(Thing(), argocd, {"redis": BEFORE})
    assert not argocd.called


def test_a_sync_that_nobody_takes_is_told():
    with pytest.raises(TimedOut, match="to take a requested sync of redis"):
        requested_syncs.request(Controller(application("Running"), busy=100), "redis")
