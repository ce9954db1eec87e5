"""Requests to the platform's hosts over connections that are kept open, but not for too long."""

import http.server
import socket

import pytest
from tests_support import http_server, reply

from acceptance.clients import web


@pytest.fixture
def server():
    """A server on the loopback, and the ports that its clients came from."""
    ports = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 2

        def do_GET(self):
            ports.append(self.client_address[1])
            reply(self, b"here")

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield address, ports


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize(("idle", "connections"), [(60.0, 1), (0.0, 2)])
def test_a_connection_that_was_idle_for_long_is_not_used_again(server, monkeypatch, pinned, idle, connections):
    (address, ports), port = server, int(server[0].partition(":")[2])
    monkeypatch.setattr(web, "IDLE", idle)
    with web.pinned_session("127.0.0.1", port, port) if pinned else web.plain_session() as session:
        for _ in range(2):
            assert session.get("http://example.test/" if pinned else f"http://{address}/").text == "here"
    assert len(set(ports)) == connections


def test_a_first_request_does_not_wait_for_an_acknowledgement(server, monkeypatch):
    port, made, create = int(server[0].partition(":")[2]), [], web.create_connection
    monkeypatch.setattr(web, "create_connection", lambda *of, **how: made.append(create(*of, **how)) or made[-1])
    with web.pinned_session("127.0.0.1", port, port) as session:
        session.get("http://example.test/")
        assert made[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
