"""What users see of pages: a page hidden by a style sheet looks like any other."""

import http.server

import pytest
from tests_support import http_server, reply

from acceptance.clients import browser
from acceptance.drivers.frontend.screenshots import look_different

PAGE = "<!doctype html><style>{style}</style><a href='/'>Home</a><main><h1>{heading}</h1></main>"
HIDDEN = "main { display: none; }"
FILES = {
    "/": PAGE.format(style="", heading="Home"),
    "/products": PAGE.format(style="", heading="Products"),
    "/hidden": PAGE.format(style=HIDDEN, heading="Hidden"),
    "/hidden-too": PAGE.format(style=HIDDEN, heading="Hidden, too"),
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves FILES."""

    def do_GET(self):
        """The page."""
        reply(self, FILES.get(self.path, "").encode())

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture(scope="module")
def take():
    """Takes pictures of the pages."""
    program = browser.find()
    if not program:
        pytest.skip(f"none of {', '.join(browser.BROWSERS)} is installed")
    with http_server(Handler) as address:

        def picture(path):
            url = path if path.startswith("data:") else f"http://www.example.test{path}"
            return browser.open_page(program, url, domain="example.test", address=address).picture

        yield picture


def test_pages_with_different_headings_look_different(take):
    look_different(take("/products"), "/", take)


def test_pages_that_a_style_hides_are_found(take):
    with pytest.raises(AssertionError, match="its own content is not visible"):
        look_different(take("/hidden"), "/hidden-too", take)


def test_a_browser_without_letters_says_nothing():
    look_different(b"blank", "/", lambda _: b"blank")
