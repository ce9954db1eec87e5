"""Other ports that lead to the database."""

import contextlib
from types import SimpleNamespace as Thing

import psycopg
import pytest

from acceptance.clients.sql import Login, LoginRefused
from acceptance.drivers.data import poolers


def service(name, *ports, protocol="TCP"):
    """A Service of the platform's namespace."""
    spec = Thing(ports=[Thing(port=port, protocol=protocol) for port in ports])
    return Thing(metadata=Thing(name=name), spec=spec)


def database(*services):
    """A database in a namespace with these Services."""
    core = Thing(list_namespaced_service=lambda *_, **__: Thing(items=[*services]))
    client = Thing(way_to=lambda host, port: f"{host}:{port}")
    namespace = Thing(name="default", cluster=Thing(core=core))
    return Thing(namespace=namespace, client=client, login=Login("platform", "right", "alternatefutures"))


def test_the_databases_own_port_and_other_protocols_are_left_out():
    ours = [service("yb-tservers", 5433), service("redis", 6379), service("auth-service", 3001), service("headless")]
    assert poolers.places(database(*ours, service("dns", 53, protocol="UDP"))) == []
    assert poolers.places(database(service("yb-tservers", 5433, 6432), service("pgbouncer", 6432))) == [
        ("pgbouncer", 6432),
        ("yb-tservers", 6432),
    ]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (None, ["pgbouncer:6432"]),
        (LoginRefused("password authentication failed"), []),
        (psycopg.OperationalError("received invalid response to SSL negotiation: H"), []),
        (psycopg.OperationalError('FATAL:  no such database: "alternatefutures"'), []),
        (psycopg.OperationalError("connection timeout expired"), []),
    ],
    ids=["let in", "refused", "HTTP", "another error", "silent"],
)
def test_only_a_login_that_succeeds_is_told(monkeypatch, outcome, said):
    def connect(address, login):
        assert address == "pgbouncer:6432" and login.password != "right"
        if outcome:
            raise outcome
        return contextlib.nullcontext()

    monkeypatch.setattr(poolers, "connect", connect)
    assert poolers.let_in(database(service("pgbouncer", 6432))) == said
