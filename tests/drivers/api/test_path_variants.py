"""Spellings of a path, sent as they are written to backends that check one of them, or all."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql_variants import let_in
from acceptance.drivers.api.path_variants import WITH_QUERY, ask_at_other_paths, spellings
from acceptance.drivers.services.service import Api

SETTINGS = ServiceSettings()


@pytest.fixture
def served():
    """A function that starts a server which lets in whoever asks for a path that it overlooks; and what was asked."""
    servers, asked = [], []

    def start(overlooks):
        class Backend(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                # Python's server takes two slashes at the beginning of a path for one.
                path = self.requestline.split()[1]
                asked.append(path)
                status, data = (200, {"protectedQuery": "? sees 2"}) if overlooks(path) else (401, None)
                text = json.dumps({"data": data}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Backend))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return Api(f"127.0.0.1:{servers[-1].server_address[1]}")

    yield Thing(start=start, asked=asked)
    for server in servers:
        server.shutdown()
        server.server_close()


def forms_let_in(api):
    answers = ask_at_other_paths({"HTTPS": api, "the Service": api, "a pod": None}, SETTINGS, "bad")
    return {form for form, asked in answers.items() if let_in(asked)}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/graphql?x=1", WITH_QUERY),
        ("/graphql/", "with a slash behind it"),
        ("//graphql", "with two slashes before it"),
        ("/./graphql", "with a dot before it"),
        ("/GRAPHQL", "in capitals"),
        ("/graphq%6C", "with its last letter escaped"),
        ("/graphql;x=1", "with a parameter behind it"),
    ],
)
def test_a_path_that_is_not_checked_is_seen(served, path, form):
    assert forms_let_in(served.start(lambda asked: asked == path)) == {f"HTTPS, {form}", f"the Service, {form}"}


def test_each_is_sent_as_it_is_written_and_none_is_let_in_by_a_right_backend(served):
    assert forms_let_in(served.start(lambda _: False)) == set()
    assert {*served.asked} == {*spellings("/graphql").values()}
