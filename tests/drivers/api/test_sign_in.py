"""Wallets that reuse a nonce, that wait for the rate limit, and whose tokens are aged."""

import collections
import hashlib
import json
import threading
import time
from types import SimpleNamespace as Thing

import pytest
import requests
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import sign_in, token_validation
from acceptance.drivers.api.nonce_replays import AT_ONCE, FEWER, TRIES, at_once
from acceptance.drivers.api.sign_in import SignIn


class Auth:
    """An auth service of either flow whose nonces are valid for `uses` sign-ins; it answers 429 `busy` times."""

    def __init__(self, uses, busy=0):
        self.uses, self.busy, self.nonces, self.seen = uses, busy, 0, {}
        self.clients = collections.Counter()
        self.lock = threading.Lock()

    def answer(self, status, body):
        made = requests.Response()
        made.status_code, made._content = status, json.dumps(body).encode()
        made.request = requests.Request("POST", "https://auth.example/").prepare()
        made.headers["Retry-After"] = "7"
        return made

    def get(self, path, headers=(), **_):
        if path != "/api/health":
            self.clients[dict(headers).get("X-Client-Id")] += 1
        self.kept = "Connection" in headers
        self.nonces += 1
        return self.answer(200, {"nonce": f"{self.nonces:016}", "message": f"Sign this: {self.nonces}"})

    def post(self, path, body=None, **sent):
        with self.lock:
            if self.busy:
                self.busy -= 1
                return self.answer(429, {})
            if "message" not in body:
                return self.get(path, **sent)
            self.clients[sent["headers"].get("X-Client-Id")] += 1
            self.seen[body["message"]] = self.seen.get(body["message"], 0) + 1
            return self.answer(201 if self.seen[body["message"]] <= self.uses else 401, {})


def visitor(flow, auth, header=""):
    return SignIn(auth, Thing(services=ServiceSettings(sign_in=flow, client_header=header), domain="example.org"))


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
@pytest.mark.parametrize(("header", "count", "tries"), [("X-Client-Id", AT_ONCE, TRIES), ("", *FEWER)])
def test_a_nonce_that_lets_in_once_is_tried_often_and_then_refused(flow, header, count, tries):
    auth = Auth(1)
    there = visitor(flow, auth, header)
    assert there.send(*there.message("a nonce that it used several times at once")).status_code == 401
    assert sorted(auth.seen.values()) == [count] * (tries - 1) + [count + 1]
    assert max(auth.clients.values()) < 20


def test_sign_ins_at_once_are_begun_at_the_same_moment():
    class Together(Auth):
        """An auth that answers no sign-in before all of them have arrived."""

        all = threading.Barrier(AT_ONCE, timeout=10)

        def post(self, path, body=None, **sent):
            self.all.wait()
            return super().post(path, body, **sent)

    auth = Together(1)
    answers = at_once(visitor("siwe", auth), ("message", "0x"), AT_ONCE)
    assert sorted(answer.status_code for answer in answers) == [201] + [401] * (AT_ONCE - 1)


@pytest.mark.parametrize(("uses", "said"), [(2, "one nonce was accepted in 2 of"), (0, "none was accepted")])
def test_a_nonce_that_lets_in_another_number_is_seen(uses, said):
    with pytest.raises(AssertionError, match=said):
        visitor("siwe", Auth(uses)).message("a nonce that it used several times at once")


def test_a_domain_that_looks_like_the_sites_is_another():
    there = visitor("siwe", Auth(1))
    assert there.domain == "www.example.org"
    first = there.message("a message for a domain that ends like its own")[0].split()[0]
    second = there.message("a message for a domain that begins like its own")[0].split()[0]
    assert first == "not-example.org" and second == "www.example.org.www.somewhere-else.example"


def test_who_asks_too_often_comes_again_when_it_was_told_but_not_for_ever(monkeypatch):
    slept = []
    monkeypatch.setattr(sign_in.time, "sleep", slept.append)
    monkeypatch.setattr(sign_in.time, "monotonic", lambda: float(sum(slept)))
    assert visitor("siwe", Auth(1, busy=1)).send("message", "0x").status_code == 201
    assert visitor("siwe", Auth(1, busy=3)).send("message", "0x").status_code == 201
    assert slept == [8] * 4
    assert visitor("siwe", Auth(1, busy=1000)).send("message", "0x").status_code == 429
    assert sum(slept) <= 2 * sign_in.LONGEST


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
def test_a_limit_of_few_calls_in_a_long_time_is_none_of_a_wallets_that_sign_in(monkeypatch, flow):
    calls = collections.Counter()
    monkeypatch.setattr(sign_in.time, "sleep", lambda _: pytest.fail("it waits for 15 minutes"))

    class Strict(Auth):
        def get(self, path, headers=(), **_):
            calls[headers["X-Client-Id"]] += 1
            return self.refusal() if calls[headers["X-Client-Id"]] > 3 else super().get(path, headers)

        def post(self, path, body=None, **sent):
            if "message" not in body:
                return self.get(path, **sent)
            calls[sent["headers"]["X-Client-Id"]] += 1
            is_over = calls[sent["headers"]["X-Client-Id"]] > 3
            return self.refusal() if is_over else super().post(path, body, **sent)

        def refusal(self):
            answer = self.answer(429, {})
            answer.headers["Retry-After"] = "900"
            return answer

    there = visitor(flow, Strict(1), "X-Client-Id")
    answers = [there.send(*there.message("a good message")).status_code for _ in range(7)]
    assert answers == [201] * 7 and len(calls) > 4


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
def test_who_enters_signs_in_over_the_connection_of_its_nonce(flow):
    auth = Auth(1)
    there = visitor(flow, auth)
    there.message("a good message")
    assert not auth.kept
    with pytest.raises(AssertionError, match="expected a JWT"):
        there.enter()
    assert auth.kept


class Telling(Auth):
    """An auth service that says for how long its nonces and challenges are valid."""

    def __init__(self, told):
        super().__init__(1)
        self.told = told

    def answer(self, status, body):
        return super().answer(status, {**body, "expiresIn": self.told})


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
@pytest.mark.parametrize("auth", [Telling(60), Telling("soon"), Auth(1)])
def test_who_reads_a_message_takes_the_time(flow, auth, monkeypatch):
    slept = []
    monkeypatch.setattr(sign_in.time, "sleep", slept.append)
    there = visitor(flow, auth)
    assert there.send(*there.message("a good message, once it was read")).status_code == 201
    assert slept == [sign_in.READING]


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
def test_a_nonce_that_ends_while_its_message_is_read_is_seen(flow):
    with pytest.raises(AssertionError, match="auth says 5 s"):
        visitor(flow, Telling(5)).message("a good message, once it was read")


@pytest.mark.parametrize(("told", "seconds"), [("public, max-age=300", 300), ("no-store", 0), ("", 0)])
def test_a_nonce_that_a_browser_keeps_is_seen(told, seconds):
    class Kept(Auth):
        """An auth service that says for how long its nonces may be cached."""

        def answer(self, status, body):
            made = super().answer(status, body)
            made.headers["Cache-Control"] = told
            return made

    there = visitor("siwe", Kept(1))
    if not seconds:
        assert there.message("a good message")
        return
    with pytest.raises(AssertionError, match=f"may be cached {seconds} s"):
        there.message("a good message")


class Database:
    """A table with one token, which never deletes a row."""

    def __init__(self, lives):
        self.row, self.updates = {"expires_at": time.time() + lives, "created_at": time.time()}, []

    def ask(self, _, statement, *values):
        if "information_schema" in statement:
            return [(name,) for name in self.row]
        if statement.startswith("update"):
            self.updates.append((statement, values))
            self.row = {name: value - values[0] for name, value in self.row.items()}
            return []
        return [(self.row["expires_at"], "0xabc")]


@pytest.mark.parametrize(("lives", "left"), [(90 * 24 * 3600, 900), (3600, 900), (1000, 500)])
def test_a_token_ages_until_little_of_its_life_is_left(lives, left):
    db = Database(lives)
    row = token_validation.age(db, ServiceSettings(), "token")
    assert left - 5 < row["seconds left"] < left + 5
    assert db.row["expires_at"] - db.row["created_at"] == pytest.approx(lives, abs=1)
    statement, values = db.updates[0]
    assert '"created_at" = "created_at" - make_interval(secs => %s)' in statement
    assert statement.count("%s") == len(values)
    assert values[2] == hashlib.sha256(b"token").hexdigest() and values[0] == values[1]


def test_a_token_that_is_not_stored_any_more_is_missed():
    gone = Thing(ask=lambda *_: [])
    with pytest.raises(AssertionError, match="expected one row for the token"):
        token_validation.stored(gone, ServiceSettings(), "token")


class Validating:
    """Auth that reads a token from the body, or not at all, and accepts each."""

    def __init__(self, reads_body):
        self.reads_body = reads_body

    def post(self, path, body=None, token=None):
        found = token or (body["token"] if self.reads_body else None)
        return Auth(1).answer(200 if found else 422, {"valid": bool(found)} if found else {})


def test_a_token_in_the_body_is_asked_about_where_bodies_are_read():
    doors = {"HTTPS": Validating(True), "the Service": Validating(False)}
    answers = token_validation.ask_in_body(doors, ServiceSettings(), "good", "bad")
    assert token_validation.verdicts(answers, ServiceSettings()) == {"HTTPS, in the body": True}


KINDS = (
    "a good message", "a good message with the fewest fields",
    "a good message with all fields, its times in another zone",
    "a message that was changed after it signed", "a message that expired",
    "a message that is not good yet",
    "a message that another wallet signed", "a nonce that it used before", "a nonce that auth did not issue",
    "a message for a domain that ends like its own", "a message for a domain that begins like its own",
    "a message for another domain", "a message for another chain", "something that is no message",
)  # fmt: skip


class OpenAuth:
    """An auth service of either flow, which accepts every sign-in."""

    def __init__(self, status=200):
        self.status = status

    def get(self, path, **_):
        return json_answer(self.status, {"nonce": "a" * 16}, "GET", f"https://auth.example{path}")

    def post(self, path, body=None, **_):
        return json_answer(self.status, {"message": "Sign this: 123"}, "POST", f"https://auth.example{path}")


def visitor_of(flow, auth=None):
    settings = ServiceSettings(sign_in=flow)
    return SignIn(auth or OpenAuth(), Thing(services=settings, domain="example.org"))


@pytest.mark.parametrize("flow", ["siwe", "challenge"])
def test_each_flow_makes_every_kind_of_message_and_only_the_good_one_twice_alike(flow):
    made = {kind: visitor_of(flow).message(kind) for kind in KINDS}
    assert all(text and signature.startswith("0x") for text, signature in made.values())
    assert len({signature for _, signature in made.values()}) == len(KINDS)


def test_a_flow_that_is_not_there_says_which_route_answered_what():
    with pytest.raises(AssertionError, match=r"GET https://auth\.example/api/auth/nonce answered 404"):
        visitor_of("siwe", OpenAuth(404)).message("a good message")


@pytest.mark.parametrize(("status", "good"), [(422, True), (401, True), (404, False), (405, False), (500, False)])
def test_the_route_of_the_criterion_is_asked_by_itself(status, good):
    there = visitor_of("siwe", OpenAuth(status))
    if good:
        assert there.ask_route().status_code == status
    else:
        with pytest.raises(AssertionError, match=f"/api/auth/siwe answered {status}"):
            there.ask_route()
