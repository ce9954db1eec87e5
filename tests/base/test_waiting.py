"""The poller: what it retries, when it ends, and what its errors say."""

import json

import pytest
from kubernetes.client import ApiException

from acceptance.base.deadlines import Deadline
from acceptance.base.errors import UserError
from acceptance.base.waiting import (
    DidNotStay,
    TimedOut,
    consistently,
    eventually,
    in_words,
    is_transient,
    when_reachable,
)

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


REFUSED = "error: The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?"


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ApiException(status=503), True),
        (ApiException(status=404), False),
        (ApiException(status=403), False),
        (UserError(REFUSED, "read"), True),
        (UserError("Error from server: etcdserver: leader changed", "read"), True),
        (UserError('Internal error occurred: failed calling webhook "x": no endpoints available', "read"), True),
        (UserError("error validating data: unknown field spec.replica", "read"), False),
        (TimedOut("the Deployment rolled out"), False),
    ],
)
def test_what_the_api_refused_is_not_tried_again_and_what_did_not_reach_it_is(error, again):
    calls = []

    def action():
        calls.append(1)
        if len(calls) == 1:
            raise error
        return "done"

    if again:
        assert when_reachable(action, Deadline(5, "this test")) == "done"
    else:
        with pytest.raises(type(error)):
            when_reachable(action, Deadline(5, "this test"))
        assert len(calls) == 1


def test_what_has_to_stay_is_looked_at_until_the_time_is_up():
    looks = []
    assert consistently(lambda: looks.append(1) or len(looks), during=SHORT, what="it", every=0.05) == len(looks)
    assert len(looks) > 2


@pytest.mark.parametrize("broken", [None, False, AssertionError("503"), ConnectionError("refused")])
def test_the_first_look_that_breaks_it_is_the_last(broken):
    looks = []

    def condition():
        looks.append(1)
        if len(looks) < 3:
            return True
        if isinstance(broken, Exception):
            raise broken
        return broken

    with pytest.raises(DidNotStay, match=r"expected 404 throughout .*check 3.*Try: kubectl") as error:
        consistently(condition, during=Deadline(5, "this test"), what="404", hint="kubectl get pods", every=0.01)
    assert len(looks) == 3
    seen = f"saw {broken}" if isinstance(broken, Exception) else "not seen"
    assert f"; {seen} after" in str(error.value)


def test_what_is_no_answer_at_all_is_raised_as_it_is():
    def condition():
        raise KeyError("x")

    with pytest.raises(KeyError):
        consistently(condition, during=SHORT, what="it")


def test_a_missing_right_is_named():
    error = ApiException(status=403, reason="Forbidden")
    error.body = json.dumps({"message": 'secrets "jwt" is forbidden: User "x" cannot get resource "secrets"'})
    text = in_words(error)
    assert 'cannot get resource "secrets"' in text
    assert "k8s/acceptance" in text
    status = {
        "kind": "Status",
        "message": 'pods "auth-1" is forbidden: User "x" cannot create "pods/exec"',
        "code": 403,
    }
    body = json.dumps(status, separators=(",", ":")).encode()
    refused = ApiException(status=0, reason=f"Handshake status 403 Forbidden -+-+- {{}} -+-+- {body!r}")
    assert 'pods "auth-1" is forbidden: User "x" cannot create "pods/exec". Try' in in_words(refused)
    assert not is_transient(refused)
