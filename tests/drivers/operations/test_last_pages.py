"""A deleted copy of the frontend finishes the requests that are arriving, or does not."""

import contextlib
import http.server
from types import SimpleNamespace as Thing

import pytest
from tests_support import http_server

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.operations import last_pages, last_requests
from acceptance.drivers.operations.last_pages import PagesTakenAway
from acceptance.drivers.services.service import Api

ENVIRONMENT = Thing(services=ServiceSettings())


@contextlib.contextmanager
def a_server(name, cuts_at_its_end=False, cuts=False):
    """A server that closes all connections when it is told to end, or at once, or finishes what is arriving."""
    connections = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def setup(self):
            super().setup()
            connections.append(self.connection)

        def do_GET(self):
            if cuts and self.headers["X-Piece"]:
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"hi")

        def version_string(self):
            return name

        def handle(self):
            with contextlib.suppress(OSError, ValueError):
                super().handle()

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield address
        for connection in connections if cuts_at_its_end else []:
            with contextlib.suppress(OSError):
                connection.shutdown(2)


def pages(monkeypatch, name="nginx", *, cuts_at_its_end=False, cuts=False):
    @contextlib.contextmanager
    def copy_of(service, settings, *, ends_alike=False):
        made.append(ends_alike)
        with a_server(name, cuts_at_its_end and ends_alike, cuts) as address:
            yield Thing(name="copy", api=lambda _: Api(address))

    made = []
    monkeypatch.setattr(last_requests, "copy_of", copy_of)
    monkeypatch.setattr(last_pages, "copy_of", copy_of)
    monkeypatch.setattr(last_requests, "BEGUN", 0.3)
    with PagesTakenAway(Thing(name="frontend-service"), None, ENVIRONMENT, 1) as taken:
        pass
    assert made == ([True, False] if taken.lost else [True])
    return taken


def test_requests_that_are_finished_are_counted(monkeypatch):
    assert pages(monkeypatch).judged() == {"answered": last_pages.LINES}


def test_requests_that_are_cut_are_told(monkeypatch):
    with pytest.raises(AssertionError, match=r"frontend-service to finish the requests that have begun.* 6 of 6"):
        pages(monkeypatch, cuts_at_its_end=True).judged()


def test_a_server_that_may_cut_them_is_not_judged(monkeypatch):
    assert "nginx" in pages(monkeypatch, "Caddy", cuts_at_its_end=True).judged()["not judged"]


def test_a_frontend_that_waits_for_no_slow_request_is_not_judged(monkeypatch):
    seen = pages(monkeypatch, cuts=True).judged()["not judged"]
    assert "a copy that stays cuts such a request off, too: no whole answer" in seen
