"""Idle connections that a server closes unannounced are distinguished from kept and announced ones."""

import contextlib
import http.server
import time
from types import SimpleNamespace

import pytest
from tests_support import http_server, reply

from acceptance.drivers.api import idle_connections


class Keeping(http.server.BaseHTTPRequestHandler):
    """Keeps connections."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """A page that is not there."""
        reply(self, b"none", 404)

    def log_message(self, *_):
        """Nothing."""


class Impatient(Keeping):
    """Closes a connection that is idle for a moment."""

    timeout = 0.2


class Announcing(Keeping):
    """Closes each connection, and says so (HTTP/1.0)."""

    protocol_version = "HTTP/1.0"


@pytest.mark.parametrize(("handler", "kept", "lost"), [(Keeping, 1, 0), (Impatient, 1, 1), (Announcing, 0, 0)])
def test_who_closes_an_idle_connection(handler, kept, lost):
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(http_server(handler))
        service = SimpleNamespace(running=lambda: [pod("auth-1")], port=3001, name="auth-service")
        through = SimpleNamespace(way_to=lambda host, port: address)
        idle = stack.enter_context(idle_connections.idle_to_each_pod(service, through))
        time.sleep(0.5)
        found = idle_connections.closed(idle)
        assert (len(idle), len(found)) == (kept, lost) and set(found) <= {"auth-1"}


def pod(name):
    """A pod with an address."""
    return SimpleNamespace(metadata=SimpleNamespace(name=name), status=SimpleNamespace(pod_ip="10.244.1.7"))


def test_a_server_that_does_not_answer_is_named():
    with http_server(Keeping) as address:
        pass
    with pytest.raises(AssertionError, match=f"no answer to GET http://{address}/: Connection"):
        idle_connections.used_once(address)
