"""Clients that speak Redis' protocol themselves."""

import contextlib
import socket
import threading
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.data import cache_clients
from acceptance.drivers.data.cache_clients import encoded, login, serving_anybody, turned_away

URL = "redis://:right%2Fone@redis:6379"


@contextlib.contextmanager
def server(answers, most=1000):
    """A server on this machine that gives these answers by command, to at most so many clients; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    clients = []

    def serve(connection):
        with contextlib.suppress(OSError):
            while said := connection.recv(1000):
                name = said.split(b"\r\n")[2].decode()
                connection.sendall(f"{answers.get(name, '-ERR unknown command')}\r\n".encode())

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                clients.append(connection)
                if len(clients) > most:
                    connection.close()
                else:
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for item in clients:
            item.close()


def cache(address, listening=(6379,), services=(), url=URL):
    """A Redis whose every port leads to one address."""
    items = [Thing(metadata=Thing(name=n), spec=Thing(ports=[Thing(port=p, protocol="TCP")])) for n, p in services]
    core = Thing(list_namespaced_service=lambda *_, **__: Thing(items=items))
    return Thing(
        url=url, address=("redis", 6379), client=Thing(way_to=lambda *_: address), listening=lambda: {*listening},
        pod=lambda: Thing(status=Thing(pod_ip="10.0.0.9")), namespace=Thing(name="default", cluster=Thing(core=core)),
    )  # fmt: skip


def test_commands_are_encoded_and_logins_decoded():
    assert encoded("GET", "a b") == b"*2\r\n$3\r\nGET\r\n$3\r\na b\r\n"
    assert login(URL) == ("AUTH", "right/one")
    assert login("redis://app:x@redis") == ("AUTH", "app", "x") and login("redis://redis") == ("PING",)


def test_clients_that_are_all_served_are_let_be():
    with server({"AUTH": "+OK", "PING": "+PONG"}) as address:
        assert turned_away(cache(address), 20) == ""
    assert turned_away(cache("127.0.0.1:9", url="rediss://:x@redis"), 20) == ""


@pytest.mark.parametrize(
    ("answers", "most", "said"),
    [
        ({"AUTH": "+OK", "PING": "+PONG"}, 5, "with 6 open, "),
        ({"AUTH": "-ERR max number of clients reached"}, 100, "with 1 open, number 1 was answered with -ERR max"),
        ({"AUTH": "+OK", "PING": "-ERR later"}, 100, "with 20 open, 20 of them were answered with -ERR later"),
    ],
)
def test_clients_that_are_turned_away_are_told(answers, most, said):
    with server(answers, most) as address:
        assert turned_away(cache(address), 20).startswith(said)


@pytest.mark.parametrize("answer", ["$-1", "$5", "_", "-MASTERDOWN Link with MASTER is down"])
def test_a_port_that_gives_data_to_anybody_is_told(answer):
    with server({"GET": answer}) as address:
        seen = cache(address, (6379, 6380), [("redis", 6379), ("cache-proxy", 7000), ("auth-service", 3001)])
        assert serving_anybody(seen) == ["10.0.0.9:6380", "cache-proxy:7000"]


@pytest.mark.parametrize("answer", ["-NOAUTH Authentication required.", "HTTP/1.1 400 Bad Request", "-ERR unknown"])
def test_a_port_that_asks_or_serves_something_else_is_let_be(answer):
    with server({"GET": answer}) as address:
        assert serving_anybody(cache(address, (6379, 9121))) == []


def test_a_port_that_is_not_reached_is_let_be(monkeypatch):
    monkeypatch.setattr(cache_clients, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert serving_anybody(cache(f"127.0.0.1:{silent.getsockname()[1]}", (6379, 6380))) == []
    assert serving_anybody(cache("127.0.0.1:9", (6379, 6380))) == []
