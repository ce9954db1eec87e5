"""Queries as clients send them, to an HTTP backend that is correct, or wrong in one way."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import (
    CHUNKED,
    CLIENTS,
    EXTENSIONS,
    NAMED,
    NULLS,
    PAGE,
    TURNS,
    Asked,
    ask,
    ask_after_everywhere,
    ask_as_clients,
    ask_at_once,
    is_data,
    long,
    not_refused,
    of_others,
    shows,
    wrong_media_type,
)
from acceptance.drivers.services.service import Api

SETTINGS, SITE = ServiceSettings(), "www.example.test"


class Backend(BaseHTTPRequestHandler):
    """A backend that accepts the token "good", and counts its connections."""

    protocol_version = "HTTP/1.1"
    knows_charsets = True
    knows_names = True
    knows_nulls = True
    knows_chunks = True
    knows_extensions = True
    knows_pages = True
    knows_browsers = True
    media_type = "application/json"
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
        if not self.knows_pages and self.headers.get("Origin", "").removeprefix("https://") != self.headers["Host"]:
            self.answer(403, {"error": "cross-site request"})
            return
        if not self.knows_browsers and self.headers.get("User-Agent", "").startswith("Mozilla/"):
            self.answer(403, {"error": "no robots"})
            return
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
        self.send_header("Content-Type", self.media_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def serving():
    """A function that starts a backend with other settings; it returns its doors and the backend."""
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
        answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query, SITE)
        assert len(answers) == len(CLIENTS) + 5 and all(asked.data()["products"] == [] for asked in answers.values())
        assert backend.connections == count


def test_a_backend_that_knows_no_charset_is_seen(serving):
    api, _ = serving(knows_charsets=False)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query, SITE)
    assert [asked.status for asked in answers.values()] == [200] * (len(answers) - 1) + [415]


def test_a_backend_that_knows_no_names_of_queries_is_seen(serving):
    api, _ = serving(knows_names=False)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query, SITE)
    assert {how for how, asked in answers.items() if asked.status != 200} == {
        f"a pod, {NAMED}",
        f"a pod, {NULLS}",
        f"a pod, {EXTENSIONS}",
    }


def test_a_backend_that_takes_null_for_something_is_seen(serving):
    api, _ = serving(knows_nulls=False)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query, SITE)
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
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query, SITE)
    how = EXTENSIONS if "knows_extensions" in settings else CHUNKED
    assert {one for one, asked in answers.items() if asked.status != 200} == {f"a pod, {how}"}


@pytest.mark.parametrize("settings", [{"knows_pages": False}, {"knows_browsers": False}])
def test_a_backend_that_refuses_the_sites_own_pages_is_seen(serving, settings):
    api, _ = serving(**settings)
    answers = ask_as_clients({"a pod": api}, SETTINGS, SETTINGS.public_query, SITE)
    assert answers[f"a pod, {PAGE}"].status == 403


@pytest.mark.parametrize(
    ("media_type", "is_right"),
    [
        ("application/json", True),
        ("application/json;charset=UTF-8", True),
        ("application/graphql-response+json; charset=utf-8", True),
        ("Application/JSON", True),
        ("text/html; charset=utf-8", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_data_has_a_media_type_that_clients_parse(serving, media_type, is_right):
    api, _ = serving(media_type=media_type)
    asked = ask(api, SETTINGS, SETTINGS.public_query)
    refused = ask(Api(api.base.removeprefix("http://")), SETTINGS, SETTINGS.protected_query)
    assert bool(wrong_media_type(asked.answer)) is not is_right
    assert ("expected the error as application/json" in not_refused(refused, "Unauthorized")) is not is_right
    if is_right:
        asked.data()
    else:
        with pytest.raises(AssertionError, match="expected data as application/json"):
            asked.data()


@pytest.mark.parametrize("body", [{"data": None}, {"data": {"a": None}}, {"data": {"a": 1}, "errors": [{}]}, [1]])
def test_data_with_a_hole_in_it_is_none(body):
    with pytest.raises(AssertionError):
        Asked(json_answer(200, body), None, 0.0).data()


@pytest.mark.parametrize(
    ("status", "body", "is_good"),
    [
        (200, {"data": {"__typename": "Query"}}, True),
        (200, {"data": {"__typename": None}}, False),
        (200, {"data": None, "errors": [{"message": "no"}]}, False),
        (200, {"data": {"__typename": "Query"}, "errors": [{"message": "no"}]}, False),
        (404, {"data": {"__typename": "Query"}}, False),
        (200, ["data"], False),
    ],
)
def test_a_graphql_answer_has_data_and_no_errors(status, body, is_good):
    assert is_data(json_answer(status, body)) is is_good


def test_a_page_is_no_graphql_answer():
    page = json_answer(200, {})
    page._content = b"<html>"
    assert not is_data(page)


def test_data_as_a_page_is_no_graphql_answer():
    page = json_answer(200, {"data": {"__typename": "Query"}})
    page.headers["Content-Type"] = "text/html"
    assert not is_data(page)


def test_data_shows_an_address_however_it_is_written():
    assert shows({"me": [{"id": "0xABC sees 3"}]}, "0xabc") and not shows({"me": "0xdef"}, "0xabc")
    assert shows({"name": "iOS"}, "ios") and not shows({"name": "iOS"}, "aOS")


class Echo:
    """A backend that shows the caller, or always the same user."""

    def __init__(self, always=""):
        self.always = always

    def post(self, path, body, token):
        return json_answer(200, {"data": {"protectedQuery": f"{self.always or token} sees 5 products"}})


def test_users_who_ask_at_once_get_their_own_data():
    settings, tokens = ServiceSettings(), {"0xA1": "0xa1", "0xB2": "0xb2"}
    assert of_others(ask_at_once(Echo(), settings, tokens)) == []
    (first, *_) = of_others(ask_at_once(Echo("0xa1"), settings, tokens))
    assert first.endswith("for 0xB2")


def test_a_long_query_is_the_query_and_8_kibibytes_of_comments():
    text = long("{ products { slug } }")
    assert len(text) > 8192
    assert [row for row in text.splitlines() if not row.startswith("#")] == ["{ products { slug } }"]
