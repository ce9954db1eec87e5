"""A failed sync that is not retried is reported; one of an earlier commit, or one in progress, is not."""

import datetime
from types import SimpleNamespace as Thing

import pytest

from acceptance.base import deadlines
from acceptance.base.waiting import TimedOut
from acceptance.drivers.argocd import given_up_syncs


def application(phase, tried="abc"):
    result = {"syncResult": {"revision": tried}} if tried else {}
    operation = {"operationState": {"phase": phase, "message": "one or more objects failed", **result}}
    return {"status": {"sync": {"status": "Synced", "revision": "abc"}, **operation}}


def running(**since):
    """An Application whose sync has been running for this long."""
    item = application("Running")
    began = datetime.datetime.now(datetime.UTC) - datetime.timedelta(**since)
    item["status"]["operationState"]["startedAt"] = began.strftime("%Y-%m-%dT%H:%M:%SZ")
    return item


@pytest.mark.parametrize(
    ("item", "is_told"),
    [
        (application("Succeeded"), False),
        (application("Running"), False),
        (application("Failed"), True),
        (application("Error"), True),
        (application("Error", tried=""), True),
        (application("Failed", tried="def"), False),
        (running(hours=1), True),
        (running(minutes=20), False),
        ({"status": {"sync": {"revision": "abc"}}}, False),
        ({}, False),
    ],
    ids=["good", "running", "failed", "error", "no-result", "earlier", "endless", "long", "none", "new"],
)
def test_a_sync_that_is_not_tried_again_is_told(item, is_told):
    assert bool(given_up_syncs.has_given_up(item)) is is_told


def test_a_better_sync_is_waited_for(monkeypatch):
    seen = [application("Failed"), application("Running"), application("Succeeded")]
    monkeypatch.setattr(given_up_syncs, "applications_everywhere", lambda _: {"redis": seen.pop(0)})
    given_up_syncs.wait_none_given_up(Thing())
    assert len(seen) == 1
    monkeypatch.setattr(given_up_syncs, "applications_everywhere", lambda _: {"redis": application("Failed")})
    monkeypatch.setattr(given_up_syncs, "TRIED_AGAIN", deadlines.Deadline(0.1, "a test"))
    with pytest.raises(TimedOut, match=r"redis.*not tried again"):
        given_up_syncs.wait_none_given_up(Thing())
