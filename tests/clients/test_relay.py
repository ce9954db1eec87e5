"""Connections through a pod's relay."""

import socket
import threading

import pytest

from acceptance.clients.relay import Relay, read_line


@pytest.fixture
def pod():
    """A relay as in a pod: it answers the line with `self.answer`, then returns everything in capitals."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = {"targets": [], "answer": b"ok\n"}

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen["targets"].append(read_line(connection))
                connection.sendall(seen["answer"])
                while data := connection.recv(100):
                    connection.sendall(data.upper())

    threading.Thread(target=serve, daemon=True).start()
    seen["address"] = f"127.0.0.1:{listener.getsockname()[1]}"
    yield seen
    listener.close()


@pytest.fixture
def relay(pod):
    relay = Relay(lambda: pod["address"], "auth-service:3001")
    yield relay
    relay.close()


def connect(relay):
    host, _, port = relay.address.rpartition(":")
    return socket.create_connection((host, int(port)), 5)


def test_a_connection_leads_to_the_target_and_back(relay, pod):
    with connect(relay) as connection:
        connection.sendall(b"hello")
        connection.shutdown(socket.SHUT_WR)
        assert connection.makefile("rb").read() == b"HELLO"
    assert pod["targets"] == ["auth-service:3001"]


def test_without_a_way_the_connection_ends_and_the_reason_is_kept(relay, pod):
    pod["answer"] = b"dial tcp 10.0.0.1:5433: connection refused\n"
    with connect(relay) as connection:
        assert connection.recv(10) == b""
    assert relay.said.endswith("connection refused")
