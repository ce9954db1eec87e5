"""A deleted copy finishes the requests that have begun, or does not."""

import contextlib
import http.server
from types import SimpleNamespace as Thing

import pytest
from tests_support import http_server

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.operations import last_requests
from acceptance.drivers.operations.last_requests import TakenAway
from acceptance.drivers.services.copies import manifest_of

AUTH = Thing(name="auth-service")
ENVIRONMENT = Thing(services=ServiceSettings())


@contextlib.contextmanager
def a_copy(finishes):
    """A server in the place of a copy; once it is told to end, it closes all connections, or finishes them before."""
    connections = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            connections.append(self.connection)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self):
            with contextlib.suppress(OSError, ValueError):
                super().handle()

        def log_message(self, *_):
            pass

    with http_server(Handler) as address:
        yield Thing(name="copy", api=lambda _: Thing(base=f"http://{address}"))
        for connection in [] if finishes else connections:
            with contextlib.suppress(OSError):
                connection.shutdown(2)


def taken_away(monkeypatch, finishes):
    made = []

    @contextlib.contextmanager
    def copy_of(service, settings, ends_alike):
        made.append((service, settings, ends_alike))
        with a_copy(finishes) as copy:
            yield copy

    monkeypatch.setattr(last_requests, "copy_of", copy_of)
    monkeypatch.setattr(last_requests, "BEGUN", 0.4)
    with TakenAway(AUTH, None, ENVIRONMENT, 1) as taken:
        pass
    assert made == [(AUTH, {}, True)]
    return taken


def test_requests_that_are_finished_are_counted(monkeypatch):
    assert taken_away(monkeypatch, finishes=True).assert_nothing_lost() == {"answered": last_requests.LINES}


def test_requests_that_are_cut_are_told(monkeypatch):
    with pytest.raises(AssertionError, match=r"auth-service to finish the requests that have begun.* 6 of 6"):
        taken_away(monkeypatch, finishes=False).assert_nothing_lost()


def test_a_copy_that_does_not_start_is_told(monkeypatch):
    def copy_of(*_, **__):
        raise AssertionError("expected the copy to be ready")

    monkeypatch.setattr(last_requests, "copy_of", copy_of)
    with TakenAway(AUTH, None, ENVIRONMENT, 1) as taken:
        pass
    with pytest.raises(AssertionError, match="expected the copy to be ready"):
        taken.assert_nothing_lost()


def test_requests_that_were_never_sent_prove_nothing():
    taken = TakenAway(AUTH, None, ENVIRONMENT, 1)
    taken.thread = Thing(join=lambda _: None)
    with pytest.raises(AssertionError, match="6 answers of a pod of auth-service that ends, saw 0"):
        taken.assert_nothing_lost()


@pytest.mark.parametrize("ends_alike", [True, False])
def test_a_copy_ends_as_the_service_does_where_that_is_judged(ends_alike):
    hook = {"preStop": {"sleep": {"seconds": 5}}}
    template = {
        "spec": {"terminationGracePeriodSeconds": 6, "containers": [{"lifecycle": dict(hook), "ports": [{}]}]},
    }
    api = Thing(sanitize_for_serialization=lambda _: template)
    service = Thing(
        name="auth-service",
        namespace=Thing(cluster=Thing(api=api)),
        deployment=lambda: Thing(spec=Thing(template=None)),
    )
    spec = manifest_of(service, "copy", {}, {}, 3001, ends_alike)["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == (6 if ends_alike else 1)
    assert spec["containers"][0].get("lifecycle") == (hook if ends_alike else None)
