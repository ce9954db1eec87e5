"""Each language is tried at one page at least, and whoever reads it gets that page, maybe translated."""

import http.server

import pytest
import requests
from tests_support import http_server, reply

from acceptance.drivers.frontend import languages, site

HEADINGS = {"/": "Home", "/a": "A", "/b": "B"}
TOLD = {"lost": ("A", 404), "other": ("Home", 200), "bare": ("", 200), "translated": ("Eine Seite", 200)}


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the page A; below /HOW/LANGUAGE it treats readers of that language as TOLD."""

    def do_GET(self):
        """The page."""
        how, _, language = self.path.removesuffix("/a").strip("/").partition("/")
        turned = language and self.headers.get("Accept-Language", "").startswith(f"{language},")
        heading, status = TOLD[how] if turned else ("A", 200)
        reply(self, f"<h1>{heading}</h1>".encode() if heading else b"", status)

    def log_message(self, *_):
        """Nothing."""


def test_every_language_is_tried_at_one_page():
    tried = [code for path in HEADINGS for code in languages.of_page(f"https://www.example.test{path}", HEADINGS)]
    assert sorted(tried) == sorted(languages.ALL) and len({*tried}) == 183


@pytest.mark.parametrize(
    ("how", "said"),
    [("lost", "404"), ("other", "200, heading 'Home'"), ("bare", "200, heading 'none'"), ("translated", "")],
)
def test_readers_who_do_not_get_the_page_are_told(how, said):
    code = languages.of_page("https://www.example.test/a", HEADINGS)[7]
    with http_server(Handler) as address:
        page = site.Opened(f"http://{address}/{how}/{code}/a", requests.get(f"http://{address}/a", timeout=5), "")
        headings = {"/": "Home", f"/{how}/{code}/a": "A", "/b": "B"}
        found = languages.turned_away(requests.Session(), page, headings)
    assert (f"a visitor who reads {code}: GET {page.url}: {said}" in found) if said else found == []
