"""What a browser did not wait for is requested again; without a browser, the page and its files are requested."""

import http.server
from types import SimpleNamespace

import requests
from tests_support import http_server, reply

from acceptance.clients import browser
from acceptance.drivers.frontend import visits

PAGE = b'<h1>Home</h1><link rel="stylesheet" href="/style.css"><script src="/gone.js"></script>'


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves a page and its style, but not its script."""

    def do_GET(self):
        """The file, or 404."""
        reply(self, PAGE, 200 if self.path in ("/", "/style.css") else 404)

    def log_message(self, *_):
        """Nothing."""


def test_what_the_browser_did_not_wait_for_is_requested_again():
    with http_server(Handler) as address:
        base = f"http://{address}"
        loaded = {f"{base}/style.css": browser.UNFINISHED, f"{base}/gone.js": browser.UNFINISHED, f"{base}/x": "500"}
        assert [*visits.finished(requests.Session(), loaded).values()] == ["200", "404", "500"]


def test_without_a_browser_the_files_that_a_page_names_are_requested(monkeypatch):
    monkeypatch.setattr(browser, "find", lambda: None)
    with http_server(Handler) as address:
        monkeypatch.setattr(visits, "url", lambda _, __, path: f"http://{address}{path}")
        opened = visits.open_page(requests.Session(), SimpleNamespace(domain="example.test"), None, None, "/")
        assert opened.resources == {f"http://{address}/gone.js": "404", f"http://{address}/style.css": "200"}
        assert opened.picture is None and opened.profile is None
