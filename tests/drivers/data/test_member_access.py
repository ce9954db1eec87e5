"""Members that do not let the services in, or take orders from everybody."""

import contextlib
import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.deadlines import Deadline
from acceptance.clients.sql import Login, LoginRefused
from acceptance.drivers.data import member_access

LOGIN = Login("platform", "right", "alternatefutures")


def member(number):
    """A ready pod."""
    status = Thing(pod_ip=f"10.244.{number}.5", conditions=[Thing(type="Ready", status="True")])
    return Thing(metadata=Thing(name=f"yb-tserver-{number}", deletion_timestamp=None), status=status)


def database(client=None, is_yugabytedb=False):
    """Two members."""
    return Thing(members=lambda: [member(0), member(1)], login=LOGIN, client=client, is_yugabytedb=is_yugabytedb)


@pytest.mark.parametrize(
    ("refused", "told"),
    [(None, []), (("10.244.1.5", "worker2"), ["yb-tserver-1 from worker2"])],
)
def test_each_member_is_asked_from_each_machine(refused, told, monkeypatch):
    def connect(address, login):
        if address == refused:
            raise LoginRefused("pg_hba.conf rejects connection")
        rows = [(login.user,)]
        return contextlib.nullcontext(Thing(execute=lambda _: Thing(fetchall=lambda: rows)))

    monkeypatch.setattr(member_access, "connect", connect)
    monkeypatch.setattr(member_access, "KNOWN", Deadline(0.1, "the test"))
    clients = {name: Thing(way_to=lambda host, port, name=name: (host, name)) for name in ("worker", "worker2")}
    found = member_access.not_served_by_members(database(), clients)
    assert [*found] == told and all("pg_hba.conf rejects" in said for said in found.values())


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_patroni_wants_a_password_for_orders(status):
    def client(*arguments):
        assert arguments == ("http", "PATCH", "http://10.244.1.5:8008/config", "{}") or "10.244.0.5" in arguments[2]
        if "10.244.0.5" in arguments[2]:
            raise AssertionError("connection refused")
        return json.dumps({"status": status, "body": ""})

    found = {} if status in (401, 403) else {"yb-tserver-1": status}
    assert member_access.taking_orders(database(client)) == found
    assert member_access.taking_orders(database(client, is_yugabytedb=True)) == {}


@pytest.mark.parametrize(
    ("user", "password", "told"),
    [
        ("patroni", "changeme", True),
        ("ops", "ops123", True),
        ("patroni", "c0rrect-horse", False),
        ("patroni", "", False),
    ],
)
def test_patronis_password_is_none_that_anybody_tries(monkeypatch, user, password, told):
    seen = {member_access.USER: user, **({member_access.PASSWORD: password} if password else {})}
    monkeypatch.setattr(member_access, "variables_of", lambda space, pod: seen)
    db = database()
    db.namespace = None
    said = [f"yb-tserver-{number} has a common PATRONI_RESTAPI_PASSWORD" for number in (0, 1)]
    assert member_access.guessed(db) == (said if told else [])
    monkeypatch.setattr(member_access, "variables_of", lambda space, pod: None)
    assert member_access.guessed(db) == []
