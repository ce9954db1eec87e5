"""When a sync counts as failed: once it is recorded as failed, or retried."""

from types import SimpleNamespace

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.base.waiting import TimedOut
from acceptance.drivers.operations import rollouts

COMMIT = "c0ffee00"


def service(**operation):
    """A service whose last sync has this status."""
    seen = {"message": "field is immutable", "syncResult": {"revision": COMMIT}, **operation}
    return SimpleNamespace(
        pushed=COMMIT,
        hint="",
        status=lambda: {"operationState": seen},
        has_change=lambda one, other: one == other,
    )


@pytest.mark.parametrize("operation", [{"phase": "Failed"}, {"phase": "Running", "retryCount": 1}])
def test_a_sync_that_failed_or_is_tried_again_has_failed(operation):
    assert rollouts.wait_sync_failed(service(**operation)) == ["field is immutable"]


@pytest.mark.parametrize(
    "operation",
    [
        {"phase": "Running"},
        {"phase": "Succeeded", "syncResult": {"revision": COMMIT}},
        {"phase": "Failed", "syncResult": {"revision": "another"}},
    ],
)
def test_one_that_runs_or_is_of_another_commit_has_not(operation, monkeypatch):
    monkeypatch.setattr(rollouts, "ROLLED_OUT", Deadline(0.1, "the test"))
    with pytest.raises(TimedOut, match="the sync of c0ffee00 to fail"):
        rollouts.wait_sync_failed(service(**operation))
