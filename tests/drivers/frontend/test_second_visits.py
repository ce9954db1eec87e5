"""A page that is lost to those who come again, read German, or follow a link, is found in the browser."""

import http.server

import pytest
import requests
from tests_support import http_server, reply

from acceptance.clients import browser
from acceptance.drivers.frontend.second_visits import PART, wrong_again

PAGE = "<!doctype html><main><h1>{heading}</h1></main><script>{script}</script>"
HEADINGS = {"/": "Home", "/products": "Products"}
SCRIPTS = {
    "/whole": "",
    "/seen": "if (localStorage.seen) document.querySelector('main').remove(); localStorage.seen = 1",
    "/german": "if (navigator.language.startsWith('de')) location.replace('/nowhere')",
    "/translated": "if (navigator.language.startsWith('de')) location.replace('/de')",
    "/linked": "if (location.search) location.replace('/nowhere')",
    "/windows": "if (/Windows/.test(navigator.userAgent)) location.replace('/nowhere')",
    "/part": "if (location.hash) location.replace('/nowhere')",
    "/moved": "if (location.search) location.replace('/')",
}
FILES = {
    "/": PAGE.format(heading="Home", script=""),
    "/de": PAGE.format(heading="Erzeugnisse", script=""),
    **{path: PAGE.format(heading="Products", script=script) for path, script in SCRIPTS.items()},
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves FILES, and 404 for the rest."""

    def do_GET(self):
        """The page."""
        path = self.path.partition("?")[0]
        reply(self, FILES.get(path, "").encode(), 200 if path in FILES else 404)

    def log_message(self, *_):
        """Nothing."""


@pytest.mark.skipif(not browser.find(), reason=f"none of {', '.join(browser.BROWSERS)} is installed")
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/whole", ""),
        ("/translated", ""),
        ("/seen", "no heading any more"),
        ("/german", "/nowhere: 404"),
        ("/linked", "/nowhere: 404"),
        ("/windows", "/nowhere: 404"),
        ("/part", "/nowhere: 404"),
        ("/moved", "the heading of another page, 'Home'"),
    ],
)
def test_a_page_that_is_lost_on_a_second_visit_is_found(tmp_path, path, said):
    program = browser.find()
    with http_server(Handler) as address:
        opened = [
            browser.open_page(
                program,
                f"http://www.example.test{path}{query}",
                domain="example.test",
                address=address,
                window=window,
                profile=tmp_path,
            )
            for query, window in (("", browser.TABLET), (PART, browser.DESK))
        ]
    assert wrong_again(opened[0], requests.Session(), "/products", HEADINGS) == []
    found = "; ".join(wrong_again(opened[1], requests.Session(), "/products", HEADINGS))
    assert bool(found) == bool(said) and said in found


def test_what_a_browser_gave_up_is_requested_again_and_a_redirect_is_none_of_it():
    with http_server(Handler) as address:
        loads = {f"http://{address}/de": "network error -3", "https://www.example.test/": "304"}
        page = browser.Page(FILES["/whole"], b"", loads, [], {})
        assert wrong_again(page, requests.Session(), "/products", HEADINGS) == []
        lost = browser.Page(FILES["/whole"], b"", {f"http://{address}/gone": "network error -3"}, [], {})
        assert wrong_again(lost, requests.Session(), "/products", HEADINGS) == [f"GET http://{address}/gone: 404"]
