"""The requests that a stub of auth got, compared with those that it should have got."""

import contextlib
import hashlib
import json
import threading
from types import SimpleNamespace as Thing

import pytest
import requests
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import auth_stub
from acceptance.drivers.api.auth_stub import NO_TOKEN, OPEN, SILENT, UNCLEAR, AuthStub, no_of_auth, words
from acceptance.drivers.api.token_validation import says_valid

PATH = "/api/auth/validate"


def asked(*requests):
    """A stub whose log has these requests: method, path and token of each."""
    lines = [
        json.dumps(
            {
                "method": method,
                "path": path,
                "from": "10.0.0.1:1234",
                "credential": hashlib.sha256(f"Bearer {token}".encode()).hexdigest(),
            }
        )
        for method, path, token in requests
    ]
    core = Thing(read_namespaced_pod_log=lambda name, namespace: "\n".join(["listening", *lines]))
    return AuthStub(Thing(name="scenario", cluster=Thing(core=core)), "auth-that-says-200")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_each_query_is_a_question(times):
    assert len(asked(*[("POST", PATH, "good")] * 3).was_asked(PATH, "good", times)) == 3


@pytest.mark.parametrize(
    "requests",
    [
        [],
        # An answer that is remembered.
        [("POST", PATH, "good")],
        [("POST", PATH, "good"), ("POST", PATH, "good"), ("POST", PATH, "other")],
        [("POST", PATH, "good"), ("POST", PATH, "good"), ("GET", PATH, "good")],
        [("POST", PATH, "good"), ("POST", PATH, "good"), ("POST", "/health", "good")],
        # After an address that ends with a slash.
        [("POST", f"/{PATH}", "good")] * 3,
    ],
)
def test_a_question_that_is_missing_is_seen(requests):
    with pytest.raises(AssertionError, match="for each of 3 queries"):
        asked(*requests).was_asked(PATH, "good", 3)


def test_a_no_with_200_is_one_as_the_services_say_it():
    settings = ServiceSettings(valid_field="active", subject_field="wallet")
    other = Thing(wallet=Thing(address="0xabc"))
    status, text = words("no with status 200", None, settings, other)
    made = requests.Response()
    made.status_code, made._content = status, text.encode()
    assert not says_valid(made, settings) and json.loads(text) == {"active": False, "wallet": "0xabc"}


@pytest.mark.parametrize(("status", "body"), [(401, {}), (200, {"valid": False}), (403, {"valid": False}), (400, {})])
def test_a_no_is_auths_own_in_whatever_form(status, body):
    asked = []

    def post(path, token):
        asked.append((path, token))
        return json_answer(status, body)

    auth, settings = Thing(post=post), ServiceSettings()
    assert no_of_auth(auth, settings) == words("no", auth, settings, None) == (status, json.dumps(body))
    assert asked == [(PATH, NO_TOKEN)] * 2


@pytest.mark.parametrize(("status", "body"), [(200, {"valid": True}), (200, {}), (500, {})])
def test_what_is_no_no_is_not_repeated_as_one(status, body):
    auth = Thing(post=lambda path, token: json_answer(status, body))
    with pytest.raises(AssertionError, match=r"expected (no from auth|yes or no)"):
        no_of_auth(auth, ServiceSettings())


def test_copies_are_asked_at_once_and_told_apart(monkeypatch):
    together = threading.Barrier(3, timeout=10)

    def answer(backend, through, settings, status, token):
        together.wait()
        return f"an answer to {status} for {token}"

    monkeypatch.setattr(auth_stub, "answer_of_copy", answer)
    answers = auth_stub.answers_of_copies(None, None, None, (503, SILENT, UNCLEAR), "its token")
    assert answers == {status: f"an answer to {status} for its token" for status in (503, SILENT, UNCLEAR)}


@pytest.mark.parametrize("status", OPEN)
def test_an_unclear_word_is_neither_yes_nor_no(status):
    made = requests.Response()
    made.status_code, made._content = status, json.dumps(auth_stub.NO_WORD).encode()
    made.request = requests.Request("POST", "http://auth.example").prepare()
    with pytest.raises(AssertionError, match="expected yes or no"):
        says_valid(made, ServiceSettings())


def test_a_token_in_the_body_is_a_question_too():
    stub = asked(("POST", PATH, "none"))
    line = {"method": "POST", "path": PATH, "credential": "", "texts": [hashlib.sha256(b"good").hexdigest()]}
    there = Thing(name="scenario", cluster=Thing(core=Thing(read_namespaced_pod_log=lambda *_: json.dumps(line))))
    assert AuthStub(there, stub.name).was_asked(PATH, "good") == [line]
    with pytest.raises(AssertionError, match="for each of 1 queries"):
        AuthStub(there, stub.name).was_asked(PATH, "other")


def test_a_copy_that_does_not_answer_in_time_is_seen(monkeypatch):
    def hangs(*_, **__):
        raise requests.Timeout("read timed out")

    copy = Thing(name="backend-service-1a", api=lambda _: None)
    monkeypatch.setattr(auth_stub, "ask", hangs)
    monkeypatch.setattr(auth_stub, "answering", lambda *_: contextlib.nullcontext(Thing(url="http://stub")))
    monkeypatch.setattr(auth_stub, "copy_of", lambda *_: contextlib.nullcontext(copy))
    with pytest.raises(AssertionError, match="to answer in time while its auth says 2"):
        auth_stub.answer_of_copy(None, Thing(namespace=None), ServiceSettings(), auth_stub.TRICKLES, "good")


@pytest.mark.parametrize(
    ("line", "seconds", "wrong"),
    [
        ("auth: 503", 2, ""),
        ("auth: 503 to header.body.its-signature", 2, "client's JWT"),
        ("auth: 503", 15.1, "within 15 s while its auth says 503, saw an answer after 15 s"),
    ],
)
def test_a_copy_that_is_slow_or_logs_the_token_while_auth_is_away_is_seen(monkeypatch, line, seconds, wrong):
    copy = Thing(name="backend-service-1a", api=lambda _: None, log=lambda: ["began", line])
    stub, asked = Thing(url="http://stub", was_asked=lambda *_: [1]), Thing(seconds=seconds)
    monkeypatch.setattr(auth_stub, "ask_protected", lambda *_: asked)
    monkeypatch.setattr(auth_stub, "answering", lambda *_: contextlib.nullcontext(stub))
    monkeypatch.setattr(auth_stub, "copy_of", lambda *_: contextlib.nullcontext(copy))
    ask = (None, Thing(namespace=None), ServiceSettings(), 503, "header.body.its-signature")
    with pytest.raises(AssertionError, match=wrong) if wrong else contextlib.nullcontext():
        assert auth_stub.answer_of_copy(*ask) is asked


@pytest.mark.parametrize(
    ("blocks", "slow_tries", "said"),
    [(False, 0, ""), (False, 1, ""), (True, 0, "the public query to be answered while")],
)
def test_a_copy_in_which_all_wait_for_auth_is_seen(monkeypatch, blocks, slow_tries, said):
    settings, waiting = ServiceSettings(), []
    asked = threading.Event()

    def ask(_, __, query, *token):
        if token:
            waiting.append(query)
            asked.clear()
            assert asked.wait(10)
            return Thing(seconds=2.0)
        is_slow = blocks or len(waiting) <= slow_tries * auth_stub.WAITING
        asked.set()
        return Thing(seconds=4.1 if is_slow else 3.9)

    monkeypatch.setattr(auth_stub, "ask", ask)
    with pytest.raises(AssertionError, match=said) if said else contextlib.nullcontext():
        assert auth_stub.ask_beside_others(None, settings, "its JWT").seconds == 2.0
    assert len(waiting) == auth_stub.TRIES * auth_stub.WAITING if blocks else len(waiting) % auth_stub.WAITING == 0
