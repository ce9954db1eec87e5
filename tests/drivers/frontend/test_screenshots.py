"""What users see of pages: a page hidden by a style sheet looks like any other."""

import http.server

import pytest
from tests_support import http_server, reply

from acceptance.clients import browser
from acceptance.drivers.frontend.screenshots import is_another, look_different

PAGE = "<!doctype html><style>{style}</style><a href='/'>Home</a><main><h1>{heading}</h1></main>"
HIDDEN = "main { display: none; }"
HIDING = {
    "pale": "main { color: #fdfdfd }",
    "tiny": "main, main * { font-size: 1px }",
    "wide": "@media (min-width: 1200px) { main { display: none } }",
    "tablet": "@media (min-width: 601px) and (max-width: 999px) { main { display: none } }",
    "still": "@media (prefers-reduced-motion: reduce) { main { opacity: 0 } }",
    "dark": "body { color: #10162f } @media (prefers-color-scheme: dark) { body { background: #12183a } }",
}
ON_A_MAC = "<script>if (/Macintosh/.test(navigator.userAgent)) location = '/elsewhere'</script>"
MOVING = "<script>if (/Mobi/.test(navigator.userAgent)) location = '/elsewhere'</script>"
FILES = {
    "/": PAGE.format(style="", heading="Home"),
    "/products": PAGE.format(style="", heading="Products"),
    "/night": PAGE.format(
        style="@media (prefers-color-scheme: dark) { body { color: #fff; background: #000 } }", heading="A"
    ),
    **{f"/{name}": PAGE.format(style=style, heading="Hidden") for name, style in HIDING.items()},
    **{f"/{name}-too": PAGE.format(style=style, heading="Another") for name, style in HIDING.items()},
    "/mac": PAGE.format(style="", heading="A") + ON_A_MAC,
    "/mac-too": PAGE.format(style="", heading="B") + ON_A_MAC,
    "/moving": PAGE.format(style="", heading="A") + MOVING,
    "/moving-too": PAGE.format(style="", heading="B") + MOVING,
    "/slow": PAGE.format(style="", heading="A") + "<script>setTimeout(() => location = '/elsewhere', 200000)</script>",
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

        def picture(path, window=browser.TABLET):
            url = path if path.startswith("data:") else f"http://www.example.test{path}"
            return browser.open_page(program, url, domain="example.test", address=address, window=window).picture

        yield picture


def test_pages_with_different_headings_look_different(take):
    look_different(take("/products"), "/", take)


def test_pages_that_a_style_hides_are_found(take):
    with pytest.raises(AssertionError, match="its own content is not visible"):
        look_different(take("/hidden"), "/hidden-too", take)


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("pale", browser.TABLET),
        ("tiny", browser.TABLET),
        ("tablet", browser.TABLET),
        ("mac", browser.TABLET),
        ("moving", browser.PHONE),
        ("wide", browser.DESK),
        ("dark", browser.DESK),
        ("still", browser.DESK),
    ],
)
def test_pages_that_nobody_can_read_in_a_window_are_found(take, name, window):
    with pytest.raises(AssertionError, match="its own content is not visible"):
        look_different(take(f"/{name}", window), f"/{name}-too", lambda path: take(path, window))


def test_a_page_that_is_dark_for_those_who_prefer_that_is_let_pass(take):
    look_different(take("/night", browser.DESK), "/", lambda path: take(path, browser.DESK))


def test_a_page_that_moves_its_visitors_on_after_minutes_is_found(take):
    assert not is_another(take("/slow"), take("/elsewhere"))


def test_a_browser_without_letters_says_nothing():
    look_different(b"blank", "/", lambda _: b"blank")
