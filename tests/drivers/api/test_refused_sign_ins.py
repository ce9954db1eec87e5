"""Sign-ins that have to be refused, held against pods that let one in, and against tables with and without rows."""

import sqlite3
from types import SimpleNamespace as Thing

import pytest
from tests_support import json_answer

from acceptance.base.paths import ROOT
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import refused_sign_ins as refused
from acceptance.drivers.api import sign_in_variants as variants
from acceptance.drivers.api.nonce_lifetime import LATE
from acceptance.drivers.api.nonce_replays import TRIES
from acceptance.drivers.api.sign_in import SignIn

OF_ANOTHER = "a message that another wallet signed"
TOKEN = {"personalAccessToken": "af_" + "b" * 43}


class Auth:
    """Auth over HTTPS, or one of its pods: it issues nonces, and lets in whose message `lets_in` says."""

    def __init__(self, lets_in=lambda message: False):
        self.lets_in, self.issued, self.sent = lets_in, 0, []

    def get(self, path, **_):
        self.issued += 1
        return json_answer(200, {"nonce": f"{self.issued:016}"})

    def post(self, path, body=None, **_):
        self.sent.append(body["message"])
        return json_answer(201, TOKEN) if self.lets_in(self.sent[-1]) else json_answer(401, {})


def judged(kind, pods, over_https=None, **settings):
    """What is said of the pods, after a wallet was refused over HTTPS."""
    environment = Thing(services=ServiceSettings(**{"client_header": "X-Client-Id", **settings}), domain="example.org")
    wallet = SignIn(over_https or Auth(), environment)
    wallet.kind = kind
    return refused.let_in_at(pods, wallet, environment)


@pytest.mark.parametrize(
    "kind", [OF_ANOTHER, variants.OTHER_CHAINS, variants.IMPOSSIBLE, "something that is no message"]
)
def test_a_pod_that_lets_in_whom_another_refuses_is_seen(kind):
    pods = {"one": Auth(), "another": Auth(lambda message: True)}
    assert [*judged(kind, pods)] == ["another"]
    assert [len(pod.sent) for pod in pods.values()] == [1, 1]


def test_each_pod_gets_a_nonce_of_its_own():
    pods = {"one": Auth(), "another": Auth()}
    assert judged(OF_ANOTHER, pods) == {}
    assert pods["one"].sent != pods["another"].sent


def test_a_nonce_that_a_pod_takes_again_is_seen():
    used = Auth(lambda message: len(used.sent) == 1)
    assert [*judged(variants.USED, {"a pod": Auth(lambda message: True)}, used)] == ["a pod"]


@pytest.mark.parametrize(
    ("kind", "settings"), [(LATE, {}), (refused.USED_AT_ONCE, {}), (OF_ANOTHER, {"client_header": ""})]
)
def test_what_takes_long_is_not_repeated(kind, settings):
    pod = Auth(lambda message: True)
    assert judged(kind, {"a pod": pod}, **settings) == {} and not pod.sent


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {}, ""),
        (422, {}, ""),
        (401, TOKEN, "answered 401"),
        (201, TOKEN, "answered 201"),
        (500, {}, "answered 500"),
    ],
)
def test_a_refusal_is_told_from_anything_else(status, body, said):
    seen = refused.not_refused(json_answer(status, body), ServiceSettings())
    assert said in seen and bool(seen) == bool(said)


@pytest.mark.parametrize(
    ("kind", "rows", "too_many"),
    [
        (OF_ANOTHER, 0, 0),
        (OF_ANOTHER, 1, 1),
        (variants.USED, 1, 0),
        (variants.USED, 2, 1),
        (refused.USED_AT_ONCE, TRIES, 0),
        (refused.USED_AT_ONCE, TRIES + 1, 1),
    ],
)
def test_a_token_that_was_stored_for_nothing_is_seen(kind, rows, too_many):
    connection = sqlite3.connect(":memory:")
    connection.execute("create table personal_access_tokens (address text)")
    connection.executemany("insert into personal_access_tokens values (?)", [("0xABC",)] * rows + [("0xdef",)])

    def ask(_, statement, *values):
        text = statement.replace("auth.", "").replace("::text", "").replace("%s", "?")
        return connection.execute(text, values).fetchall()

    wallet = Thing(paths=ServiceSettings(), kind=kind, wallet=Thing(address="0xAbC"))
    assert refused.rows_too_many(Thing(ask=ask), wallet) == too_many


def test_the_examples_have_what_is_named_here():
    text = (ROOT / "features/08_authentication_service.feature").read_text()
    assert all(f"| {kind} " in text for kind in refused.LET_IN)


@pytest.mark.parametrize("by", ["Origin", "X-Forwarded-Host"])
def test_a_pod_that_believes_a_page_about_its_domain_is_seen(by):
    class Believing(Auth):
        def post(self, path, body=None, headers=None, **_):
            domain = body["message"].split()[0]
            named = (headers or {}).get(by, "").removeprefix("https://")
            self.lets_in = lambda _: named == domain
            return super().post(path, body)

    kind = "a message for another domain"
    assert [*judged(kind, {"one": Auth(), "another": Believing()})] == ["another, sent by a page of that domain"]
