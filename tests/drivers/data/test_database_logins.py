"""Attempts to log in to the database."""

import base64
import contextlib
import hashlib
import json
from types import SimpleNamespace as Thing

import psycopg
import pytest

from acceptance.base.deadlines import Deadline
from acceptance.clients.sql import Login, LoginRefused
from acceptance.drivers.data import database_logins
from acceptance.drivers.data.database_logins import (
    LET_IN,
    attempt,
    attempts,
    connections_at_once,
    cut_short,
    ending,
    guessable,
    is_password,
    not_served,
    passwords_in,
    rules_by_membership,
    turned_away,
    unknown_roles,
    with_other_passwords,
    wrong,
)

LOGIN = Login("platform", "right", "alternatefutures")


class Members:
    """Members that answer every login in one way."""

    login = LOGIN

    def __init__(self, outcome=None):
        self.outcome = outcome
        self.seen = []

    def connect(self, place, login, **settings):
        self.seen.append((place, login.user, login.database, settings))
        if self.outcome:
            raise self.outcome
        return contextlib.nullcontext()

    def places(self):
        return ["yb-tservers", "yb-tserver-0"]

    def roles(self):
        return ["platform", "replicator"]

    def databases(self):
        return ["alternatefutures"]


@pytest.mark.parametrize(
    ("outcome", "let_in"),
    [
        (None, True),
        (LoginRefused("password authentication failed"), False),
        (psycopg.OperationalError('FATAL:  no pg_hba.conf entry for host "10.1.0.9"'), False),
        # What comes after the password was taken, or was never asked for.
        (psycopg.OperationalError('FATAL:  role "nobody" does not exist'), True),
        (psycopg.OperationalError('FATAL:  permission denied for database "x"'), True),
    ],
)
def test_only_a_refusal_of_the_password_is_one(outcome, let_in):
    assert attempt(Members(outcome), "yb-tserver-0", LOGIN).startswith(LET_IN) is let_in


def test_who_was_not_reached_refused_nobody():
    lost = psycopg.OperationalError("server closed the connection unexpectedly")
    with pytest.raises(AssertionError, match="not reached"):
        attempt(Members(lost), "yb-tserver-0", LOGIN)


def test_every_role_and_database_is_tried_everywhere_and_as_a_standby():
    members = Members()
    assert len(attempts(members, "a wrong password")) == 2 * 2 * 2
    assert {settings.get("replication") for *_, settings in members.seen} == {None, "true"}


@pytest.mark.parametrize("kind", ["a wrong password", "an empty password", "an unknown name"])
def test_wrong_credentials_differ_from_the_right_ones(kind):
    assert wrong(LOGIN, kind) != LOGIN


SCRAM = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)
"""Of the password `pencil`, with the salt of RFC 7677, 3."""
MD5 = "md5" + hashlib.md5(b"pencilsupport", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("verifier", [SCRAM, MD5])
def test_what_the_database_keeps_of_a_password_is_recognised(verifier):
    assert is_password(verifier, "support", "pencil")
    assert not is_password(verifier, "support", "support")
    assert with_other_passwords([("support", verifier)], ["right", "left"]) == ["support"]
    assert with_other_passwords([("support", verifier)], ["right", "pencil"]) == []


def monitored(core, verifier):
    """A database with a role for monitoring, whose password has this verifier."""
    return Thing(
        namespace=Thing(cluster=Thing(core=core), name="default"),
        leader=lambda: "yb-tserver-0",
        ask=lambda *_, login: [("monitoring", verifier)],
        login=LOGIN,
        admin=LOGIN,
    )


def test_a_password_is_known_whatever_its_key():
    values = ["pencil", "postgresql://app:a%2Fb@db:5433/x", "host=db user=app password=c sslmode=disable", "", "user"]
    known = passwords_in(values)
    assert {"pencil", "a/b", "c"} <= {*known} and "" not in known


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({}, ["monitoring"]),
        ({"password": "a-pencil"}, []),
        ({"DATA_SOURCE_NAME": "postgresql://monitoring:a-pencil@yb-tservers:5433/postgres"}, []),
        ({"tls.crt": "another-value"}, ["monitoring"]),
    ],
)
def test_a_role_whose_password_is_in_no_secret_is_told(data, found):
    verifier = "md5" + hashlib.md5(b"a-pencilmonitoring", usedforsecurity=False).hexdigest()
    secret = Thing(data={key: base64.b64encode(value.encode()).decode() for key, value in data.items()} or None)
    core = Thing(list_namespaced_secret=lambda _: Thing(items=[secret]))
    db = monitored(core, verifier)
    assert unknown_roles(db, {"database-admin": {"SUPERUSER_PASSWORD": "other"}}) == found


class Crowded:
    """A database that takes so many connections at once."""

    def __init__(self, most):
        self.most, self.open, self.seen = most, 0, 0

    @contextlib.contextmanager
    def connect(self, _):
        if self.open == self.most:
            raise psycopg.OperationalError('FATAL:  too many connections for role "platform"')
        self.open += 1
        self.seen = max(self.seen, self.open)
        try:
            yield self
        finally:
            self.open -= 1

    def execute(self, _):
        pass


def test_all_connections_are_held_at_once_and_closed():
    database = Crowded(30)
    assert turned_away(database, 21) == ""
    assert (database.seen, database.open) == (21, 0)


def test_who_is_turned_away_with_right_credentials_is_told():
    database = Crowded(6)
    assert turned_away(database, 21).startswith("with 6 open, there was: FATAL:  too many")
    assert database.open == 0


def a_deployment(replicas, *names):
    container = Thing(env=[Thing(name=name) for name in names] or None)
    return Thing(spec=Thing(replicas=replicas, template=Thing(spec=Thing(containers=[container]))))


def test_each_pod_with_the_credentials_may_hold_a_pool():
    others = [a_deployment(2), a_deployment(2, "PORT")]
    users = [a_deployment(2, "PORT", "DATABASE_URL"), a_deployment(3, "DATABASE_URL")]
    assert connections_at_once(users + others) == 26
    with pytest.raises(AssertionError, match="DATABASE_URL"):
        connections_at_once(others)


class Leader:
    """A database in which some roles' passwords expire."""

    login, admin = LOGIN, Login("yugabyte", "right", "alternatefutures")

    def __init__(self, rows):
        self.rows = rows

    def leader(self):
        return "yb-tserver-0"

    def ask(self, member, statement, *values, login=None):
        assert values == ("platform", "yugabyte") and "rolreplication" in statement and login == self.admin
        assert "rolvaliduntil <> 'infinity'" in statement and "now()" not in statement
        return self.rows


def test_a_password_that_ends_is_told():
    assert ending(Leader([("platform", "2027-01-01 00:00:00+00")])) == [
        "the password of platform expires at 2027-01-01 00:00:00+00"
    ]
    assert ending(Leader([])) == []


def refused(*_):
    """A pod whose login is rejected."""
    raise AssertionError('28000: pg_hba.conf rejects connection for host "10.244.1.7"')


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (lambda *_: '[["platform"]]\n', []),
        (refused, ["pg_hba.conf rejects"]),
        (lambda *_: '[["somebody"]]', ["somebody"]),
        (lambda *_: "no route to host", ["expected JSON, saw 'no route to host'"]),
    ],
)
def test_a_machine_whose_pods_are_not_let_in_is_named(client, words, monkeypatch):
    monkeypatch.setattr(database_logins, "KNOWN", Deadline(0.1, "the test"))
    found = not_served({"worker": lambda *_: '[["platform"]]', "worker2": client}, "platform")
    assert [*found] == ["worker2"] * len(words)
    assert all(word in found["worker2"] for word in words)


def test_queries_that_are_cut_off_soon_are_told():
    def limits(**settings):
        return Thing(client=lambda *_: json.dumps([[name, str(value)] for name, value in settings.items()]))

    assert cut_short(limits(statement_timeout=0, lock_timeout=0), 2) == []
    assert cut_short(limits(statement_timeout=30000), 2) == []
    assert cut_short(limits(statement_timeout=100, lock_timeout=0), 2) == ["statement_timeout is 100 ms"]


def test_a_role_that_the_services_may_become_and_that_rules_is_told():
    asked = []

    def ask(_, statement, *values, login):
        asked.append((statement, values, login))
        return [("pg_execute_server_program",), ("yugabyte",)]

    db = Thing(ask=ask, leader=lambda: "yb-tserver-0", login=LOGIN, admin="admin")
    assert rules_by_membership(db) == ["pg_execute_server_program", "yugabyte"]
    ((statement, values, login),) = asked
    assert statement.count("%s") == len(values) == 3 and {*values} == {"platform"} and login == "admin"


@pytest.mark.parametrize(
    ("password", "told"),
    [("changeme", True), ("reports", True), ("reports123", True), ("c0rrect-horse", False)],
)
def test_a_password_that_anybody_tries_is_told(password, told):
    verifier = "md5" + hashlib.md5(f"{password}reports".encode(), usedforsecurity=False).hexdigest()
    db = Thing(leader=lambda: "a", admin=None, ask=lambda *_, **__: [("reports", verifier)])
    assert guessable(db) == (["reports"] if told else [])


def test_a_users_name_in_a_secret_is_no_password():
    verifier = "md5" + hashlib.md5(b"monitoringmonitoring", usedforsecurity=False).hexdigest()
    data = {"POSTGRES_USER": base64.b64encode(b"monitoring").decode()}
    core = Thing(list_namespaced_secret=lambda _: Thing(items=[Thing(data=data)]))
    db = monitored(core, verifier)
    assert unknown_roles(db, {}) == ["monitoring"]
