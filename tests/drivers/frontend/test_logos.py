"""A page that shows its logo, and one that only has it as its icon."""

import http.server

import pytest
import requests
from tests_support import http_server, reply

from acceptance.clients import browser
from acceptance.drivers.frontend.logos import shows_logo
from acceptance.drivers.frontend.site import Opened

LOGO = "/assets/logo.svg"
HEAD = f'<!doctype html><link rel="icon" href="{LOGO}"><link rel="preload" href="/x.css"><body>{{}}<main>Text</main>'
HIDDEN = f'<script>self.__next_f.push("{LOGO}")</script><a href="{LOGO}">The logo</a>'
CATALOGUE = '<img src="/assets/catalogo.svg"><img src="/assets/my-logo.svg">'


def page(body, picture=None, shown=None, **resources):
    """A page whose body a server sent, and whose document and files a browser has."""
    answer = requests.Response()
    answer._content = HEAD.format(body).encode()
    document = HEAD.format(body if shown is None else shown)
    return Opened("https://www.example.test/", answer, document, resources, picture=picture)


@pytest.mark.parametrize(
    ("body", "shows"),
    [
        ("", False),
        (HIDDEN, False),
        (CATALOGUE, False),
        (f"<img class='[&>*]:w-4' src='{LOGO}'>", True),
        (f'<a href="/"><img alt="" src="https://cdn.example.test{LOGO}?v=2"></a>', True),
        ('<img srcset="/_next/image?url=%2Fassets%2Flogo.svg&amp;w=96 1x">', True),
        ('<img src="/_next/static/media/logo.4f5a2c.svg">', True),
        ('<img src="/assets/logo-dark@2x.png">', True),
        ('<header style="background: url(/assets/logo.svg)"></header>', True),
        ("<style>header { background: url(assets/logo.svg) }</style>", True),
        ('<svg viewBox="0 0 1 1"><path d="M0 0h1"/></svg>', True),
        ('<img src="data:image/svg+xml;base64,PHN2Zz4=">', True),
    ],
)
def test_a_page_shows_its_logo_where_people_see_it(body, shows):
    assert shows_logo(page(body), LOGO, requests.Session()) is shows
    assert shows_logo(page("", shown=body), LOGO, requests.Session()) is shows


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves style sheets by path; /script is a page whose script adds a style, /icon one that has only an icon."""

    def do_GET(self):
        """The file."""
        found = {
            "/logo.css": ("a { background: url(logo.svg) }", "text/css"),
            "/plain.css": ("a { color: red }", "text/css"),
            "/script": (
                HEAD.format(
                    "<style id='s'></style><script>document.getElementById('s').sheet.insertRule("
                    f"'body {{ background: url({LOGO[:10]}' + 'go.svg) }}')</script>"
                ),
                "text/html",
            ),
            "/icon": (HEAD.format(HIDDEN), "text/html"),
        }.get(self.path, ("<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"))
        reply(self, found[0].encode(), kind=found[1])

    def log_message(self, *_):
        """Nothing."""


@pytest.mark.parametrize(("sheet", "shows"), [("logo.css", True), ("plain.css", False)])
def test_a_style_sheet_may_show_the_logo(sheet, shows):
    with http_server(Handler) as address:
        opened = page("", **{f"http://{address}/{sheet}": "200", f"http://{address}{LOGO}": "200"})
        assert shows_logo(opened, LOGO, requests.Session()) is shows


@pytest.mark.skipif(not browser.find(), reason=f"none of {', '.join(browser.BROWSERS)} is installed")
@pytest.mark.parametrize(("path", "shows"), [("/script", True), ("/icon", False)])
def test_a_file_that_the_browser_shows_is_loaded_and_an_icon_is_not(path, shows):
    with http_server(Handler) as address:
        at = f"http://www.example.test{path}"
        seen = browser.open_page(browser.find(), at, domain="example.test", address=address)
    opened = page("", seen.picture, **seen.resources)
    assert shows_logo(opened, LOGO, requests.Session()) is shows, seen.resources
