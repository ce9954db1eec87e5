"""The poller: what it retries, when it ends, and what it says."""

import pytest
from kubernetes.client import ApiException

from fixtures.waiting import Deadline, TimedOut, eventually

SHORT = Deadline(0.4, "this test")


def test_it_returns_as_soon_as_the_condition_holds():
    answers = iter([None, False, "yes"])
    assert eventually(lambda: next(answers), within=Deadline(5, "this test"), what="yes") == "yes"


def test_it_says_expected_observed_how_long_and_what_to_try():
    def condition():
        raise AssertionError("two of three ready")

    with pytest.raises(TimedOut) as error:
        eventually(condition, within=SHORT, what="three ready", hint="kubectl get pods")
    for words in ("expected three ready", "saw two of three ready", "Try: kubectl get pods", "this test"):
        assert words in str(error.value)


def test_a_mistake_in_the_condition_is_not_retried():
    calls = []

    def condition():
        calls.append(1)
        raise KeyError("typo")

    with pytest.raises(KeyError):
        eventually(condition, within=SHORT, what="anything")
    assert len(calls) == 1


@pytest.mark.parametrize(("status", "tries"), [(503, True), (404, True), (403, False)])
def test_which_answers_of_the_api_are_retried(status, tries):
    calls = []

    def condition():
        calls.append(1)
        raise ApiException(status=status)

    with pytest.raises((TimedOut, ApiException)):
        eventually(condition, within=SHORT, what="an answer")
    assert (len(calls) > 1) is tries
