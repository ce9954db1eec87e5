"""Containers that end while their service is asked."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.services import restarts
from acceptance.drivers.services.restarts import without_restarts


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(restarts, "REPORTED", 0)


def service(counts):
    """A service whose one pod has been restarted as often as the next of `counts` says."""
    left = iter(counts)

    def pods(_):
        return [
            Thing(metadata=Thing(name="auth-1"), status=Thing(container_statuses=[Thing(restart_count=next(left))]))
        ]

    return Thing(name="auth-service", namespace=Thing(pods=pods))


def test_a_restart_before_the_calls_is_none_of_theirs():
    with without_restarts(service([3, 3])):
        pass


@pytest.mark.parametrize("failed", [False, True])
def test_a_restart_by_the_calls_is_seen_also_if_one_failed(failed):
    with (
        pytest.raises(AssertionError, match=r"restarted by the calls.*auth-1") as seen,
        without_restarts(service([0, 1])),
    ):
        assert not failed, "connection refused"
    assert bool(seen.value.__cause__) is failed


def test_a_call_that_failed_for_another_reason_says_so():
    with pytest.raises(AssertionError, match="some other"), without_restarts(service([0, 0])):
        raise AssertionError("some other reason")
