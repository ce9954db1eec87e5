"""Answers that are not the right redirect are found."""

import http.server

import pytest
import requests
from route_stand_ins import BACKEND, FINE, route
from tests_support import http_server

from acceptance.base.environment import load_environment
from acceptance.drivers.ingress import (
    redirects,
)

KIND = load_environment("kind")


def test_the_paths_of_rules_are_asked_for_as_well():
    rules = route(FINE, (f"Host(`www.{KIND.domain}`) && (Path(`/a`) || PathPrefix(`/b`))", BACKEND))
    pages = redirects.pages(KIND, rules)
    for path in ("/a", "/b", "/consulting", KIND.services.logo_path, f"/consulting{redirects.QUERY}"):
        assert f"http://www.{KIND.domain}{path}" in pages
    assert any("http://nobody-" in page for page in pages)
    assert any("http://nobody-" in page and page.endswith("/ping") for page in pages)
    assert not any("acme-challenge" in page for page in pages)


def test_each_path_of_a_service_is_asked_for_in_clear_whether_a_rule_names_its_host_or_not():
    rules = route((f"Host(`api.{KIND.domain}`) && PathPrefix(`/old`)", BACKEND))
    pages = redirects.pages_of(KIND, rules, "api")
    assert {f"http://api.{KIND.domain}{path}" for path in ("/old", "/health", KIND.services.graphql_path)} <= {*pages}
    assert all(page.startswith(f"http://api.{KIND.domain}/") for page in pages)
    assert f"http://www.{KIND.domain}/consulting" in redirects.pages_of(KIND, rules, "www")
    with pytest.raises(AssertionError, match="no path of the host"):
        redirects.pages_of(KIND, [], "status")


ANSWERS = {
    "/right": {"GET": 301, "HEAD": 308, "POST": 308},
    "/not-for-options": {"GET": 301, "HEAD": 308, "POST": 308, "OPTIONS": 204},
    "/temporary": {"GET": 302, "HEAD": 302, "POST": 302},
    "/only-get": {"GET": 301, "HEAD": 200, "POST": 201},
    "/elsewhere": {"GET": 301, "HEAD": 301, "POST": 301},
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as ANSWERS says."""

    def answer(self):
        """The status of a path, with a Location."""
        path, _, query = self.path.partition("?")
        self.send_response(ANSWERS[path].get(self.command, ANSWERS[path]["POST"]))
        host = self.headers["Host"].partition(":")[0]
        target = "/" if path == "/elsewhere" else f"{path}{'?' if query else ''}{query}"
        self.send_header("Location", f"https://{host}{target}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture(scope="module")
def address():
    """Where a server answers."""
    with http_server(Handler) as address:
        yield f"http://{address}"


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/right", []),
        ("/right?from=mail&x=1", []),
        ("/temporary", [*redirects.METHODS]),
        ("/only-get", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
        ("/not-for-options", ["OPTIONS"]),
        ("/elsewhere", [*redirects.METHODS]),
    ],
)
def test_what_is_no_redirect_to_the_same_page_is_seen(address, path, wrong):
    found = redirects.judged(requests.Session(), [address + path])
    assert [method for method, texts in found.items() if texts] == wrong
