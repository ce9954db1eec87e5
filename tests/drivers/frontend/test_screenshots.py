"""What users see of pages: a page hidden by a style sheet looks like any other."""

import http.server

import pytest
from tests_support import http_server, reply

from acceptance.clients import browser
from acceptance.drivers.frontend.screenshots import look_different, seen_when_dark

PAGE = "<!doctype html><style>{style}</style><a href='/'>Home</a><main><h1>{heading}</h1></main>"
HIDDEN = "main { display: none; }"
DARK = "@media (prefers-color-scheme: dark) {{ {} }}"
BLACK = DARK.format("body, body * { color: #000; background: #000; }")
FILES = {
    "/": PAGE.format(style="", heading="Home"),
    "/products": PAGE.format(style="", heading="Products"),
    "/dark": PAGE.format(style=DARK.format("body { color: #fff; background: #000; }"), heading="Dark"),
    "/black": PAGE.format(style=BLACK, heading="Black"),
    "/black-too": PAGE.format(style=BLACK, heading="Black, too"),
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

        def picture(path, size=browser.DESK):
            url = path if path.startswith("data:") else f"http://www.example.test{path}"
            return browser.open_page(program, url, domain="example.test", address=address, size=size).picture

        yield picture


def test_pages_with_different_headings_look_different(take):
    look_different(take("/products"), "/", take)


def test_pages_that_a_style_hides_are_found(take):
    with pytest.raises(AssertionError, match="its own content is not visible"):
        look_different(take("/hidden"), "/hidden-too", take)


def test_pages_that_nobody_can_read_in_the_dark_are_found(take):
    def in_the_dark(path):
        return take(path, browser.DARK)

    seen_when_dark(take("/products"), "/products", "/", in_the_dark)
    seen_when_dark(take("/dark"), "/dark", "/", in_the_dark)
    look_different(take("/black"), "/black-too", take)
    with pytest.raises(AssertionError, match="its own content is not visible"):
        seen_when_dark(take("/black"), "/black", "/black-too", in_the_dark)


def test_a_browser_without_letters_says_nothing():
    look_different(b"blank", "/", lambda _: b"blank")
