"""Queries as clients send them, held against a backend over HTTP that is right, or wrong in one way."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import (
    CHUNKED,
    CLIENTS,
    EXTENSIONS,
    NAMED,
    NULLS,
    TURNS,
    ask_after_everywhere,
    ask_as_clients,
    not_refused,
)
from acceptance.drivers.services.service import Api

SETTINGS = ServiceSettings()


class Backend(BaseHTTPRequestHandler):
    """A backend to which the token "good" is good; it knows how many connections it had."""

    protocol_version = "HTTP/1.1"
    knows_charsets = True
    knows_names = True
    knows_nulls = True
    knows_chunks = True
    knows_extensions = True
    connections = 0
    remembers = False
    let_in = False

    def setup(self):
        super().setup()
        type(self).connections += 1

    def body(self):
        """The body, of a length that was told first, or in chunks."""
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    def do_POST(self):
        if not self.knows_chunks and "Content-Length" not in self.headers:
            self.answer(411, {"error": "a length is needed"})
            self.close_connection = True
            return
        body = self.body()
        if not self.knows_extensions and "extensions" in json.loads(body):
            self.answer(400, {"error": "unknown fields"})
            return
        if not self.knows_charsets and self.headers["Content-Type"] != "application/json":
            self.answer(415, {"error": "Content-Type has to be application/json"})
            return
        if not self.knows_names and set(json.loads(body)) != {"query"}:
            self.answer(400, {"error": "unknown fields"})
            return
        if not self.knows_nulls and None in json.loads(body).values():
            self.answer(400, {"error": "variables have to be an object"})
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        good = token == "good" or (self.remembers and self.let_in and not token)
        self.let_in = self.let_in or good
        if b"protectedQuery" in body and not good:
            self.answer(401, {"errors": [{"message": "Unauthorized"}], "data": None})
        else:
            self.answer(200, {"data": {"protectedQuery": "0xabc", "products": []}})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def serving():
    """What starts a backend with other settings, and says how it is reached, and what it is."""
    servers = []

    def serve(**settings):
        backend = type("Backend", (Backend,), {"connections": 0, **settings})
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), backend))
        servers[-1].daemon_threads = True
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return Api(f"127.0.0.1:{servers[-1].server_address[1]}"), backend

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_queries_of_clients_go_over_one_connection(serving):
    api, backend = serving()
    for count in (1, 2):
        answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query)
        assert len(answers) == len(CLIENTS) + 4 and all(asked.data()["products"] == [] for asked in answers.values())
        assert backend.connections == count


def test_a_backend_that_knows_no_charset_is_seen(serving):
    api, _ = serving(knows_charsets=False)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query)
    assert [asked.status for asked in answers.values()] == [200, 200, 200, 200, 200, 415]


def test_a_backend_that_knows_no_names_of_queries_is_seen(serving):
    api, _ = serving(knows_names=False)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query)
    assert {how for how, asked in answers.items() if asked.status != 200} == {
        f"a pod, {NAMED}",
        f"a pod, {NULLS}",
        f"a pod, {EXTENSIONS}",
    }


def test_a_backend_that_takes_null_for_something_is_seen(serving):
    api, _ = serving(knows_nulls=False)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query)
    assert {how for how, asked in answers.items() if asked.status != 200} == {f"a pod, {NULLS}"}


@pytest.mark.parametrize("token", [None, "bad"])
def test_whoever_is_let_in_once_is_not_let_in_without_a_token(serving, token):
    api, backend = serving()
    answers = ask_after_everywhere({"a pod": api}, SETTINGS, "good", token)
    assert len(answers) == TURNS and backend.connections == 1
    assert not any(not_refused(asked, "Unauthorized") for asked in answers.values())


def test_a_connection_that_stays_signed_in_is_seen(serving):
    api, _ = serving(remembers=True)
    answers = ask_after_everywhere({"a pod": api}, SETTINGS, "good", None)
    assert all("expected the error Unauthorized" in not_refused(asked, "Unauthorized") for asked in answers.values())


def test_a_good_token_that_lets_nobody_in_shows_nothing(serving):
    api, _ = serving()
    with pytest.raises(AssertionError, match="expected data without errors, but"):
        ask_after_everywhere({"a pod": api}, SETTINGS, "not good", None)


@pytest.mark.parametrize("settings", [{"knows_extensions": False}, {"knows_chunks": False}])
def test_a_backend_that_refuses_what_clients_send_is_seen(serving, settings):
    api, _ = serving(**settings)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query)
    how = EXTENSIONS if "knows_extensions" in settings else CHUNKED
    assert {one for one, asked in answers.items() if asked.status != 200} == {f"a pod, {how}"}
