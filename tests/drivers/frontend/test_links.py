"""Links between pages: broken ones are distinguished from those to a page or to another site."""

from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.base.service_settings import HEADINGS
from acceptance.drivers.frontend.links import is_inner, leading_nowhere, links_in, misnamed, paths_in

HOST = "www.example.test"
PAGE = """<nav class="a"><a href="/consulting">a</a><a class="b" href='/products/web-services#top'>b</a></nav>
<a data-href="/no-link">c</a><a href="https://elsewhere.example/x">d</a><a href="//elsewhere.example/y">e</a>
<a href="/price-list.pdf">f</a><a href="#here">g</a><a href="/search?a=1&amp;b=2">h</a><link href="/style" rel="a">
<a
  href="/over-two-lines">i</a><article href="/no-link-either"></article><a href="mailto:a@example.test">j</a>
<a href="beside">k</a><a href=https://www.example.test/in-full>l</a><a>m</a><a href="">n</a>"""


def test_only_links_to_pages_of_the_site_are_followed():
    assert paths_in(links_in(PAGE, f"https://{HOST}/products/all"), HOST) == {
        "/consulting", "/products/web-services", "/search", "/over-two-lines", "/products/beside", "/in-full",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("page", "text", "path"),
    [
        ("/products", '<a href="web-services">a</a>', "/web-services"),
        ("/products/", '<a href="web-services">a</a>', "/products/web-services"),
        ("/products", '<base href="/products/"><a href="web-services">a</a>', "/products/web-services"),
    ],
)
def test_a_link_is_relative_to_its_page(page, text, path):
    assert paths_in(links_in(text, f"https://{HOST}{page}"), HOST) == {path}


@pytest.mark.parametrize(
    ("host", "inner"),
    [
        ("localhost", True), ("127.0.0.1", True), ("10.0.3.4", True), ("::1", True), ("frontend-service", True),
        ("backend.default.svc.cluster.local", True), ("backend.default.svc", True), ("wiki.corp.internal", True),
        ("www.alternatefutures.ai", False), ("localhost.example.org", False), ("8.8.8.8", False),
    ],
)  # fmt: skip
def test_a_host_that_visitors_do_not_reach(host, inner):
    assert is_inner(host) is inner


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<a href="/consulting"><b>Consulting</b></a>', False),
        ('<a href="/consulting/">consulting</a>', False),
        ('<a href="/de/consulting">Consulting</a>', False),
        ('<a href="/products">Consulting</a>', True),
        ('<a href="/">Products</a>', True),
        ('<a href="#consulting">Consulting</a>', False),
        ('<a href="https://elsewhere.example/">Consulting</a>', False),
        ('<a href="/products">Alternate Futures</a>', False),
        ('<a href="/products">All that we sell</a>', False),
    ],
)
def test_a_link_that_is_called_like_another_page(text, told):
    assert bool(misnamed(links_in(text, f"https://{HOST}/"), HOST, HEADINGS)) is told


class Site:
    """A site with some pages, which links to others; a redirect leads to the path that is its status."""

    def __init__(self, statuses, link="/other"):
        self.statuses, self.link, self.asked = statuses, link, []

    def get(self, address, headers, allow_redirects):
        path = address.removeprefix(f"https://{HOST}")
        self.asked.append(path)
        made, found = requests.Response(), self.statuses.get(path, 404)
        made.status_code = found if isinstance(found, int) else 302
        if not isinstance(found, int):
            made.headers["Location"] = found
        made._content = f'<a href="{self.link}">a</a><a href="{self.link}">b</a>'.encode() if path in PAGES else b""
        made.headers["Content-Type"] = "text/html; charset=utf-8"
        return made


PAGES = ("/", "/page")
ENVIRONMENT = Thing(domain="example.test", services=Thing(headings=HEADINGS))
EXPORT = {"./index.html": "a", "./page.html": "b", "./a.js": "c"}


@pytest.mark.parametrize(
    ("status", "dead"),
    [
        (200, False), (301, False), (401, False), (404, True), (410, True), (500, True),
        ("/page", False), ("/gone", True), ("https://elsewhere.example/", False), (f"https://{HOST}/gone", True),
    ],
)  # fmt: skip
def test_a_link_that_leads_nowhere_is_seen(status, dead):
    there = Site({"/": 200, "/page": 200, "/other": status})
    found = leading_nowhere(there, ENVIRONMENT, EXPORT)
    assert found == ({"./index.html": ["/other"], "./page.html": ["/other"]} if dead else {})
    assert there.asked.count("/other") == 1


def test_a_link_to_a_machine_of_nobody_is_seen():
    there = Site({"/": 200, "/page": 200}, "http://localhost:3000/consulting")
    found = leading_nowhere(there, ENVIRONMENT, EXPORT)
    assert [*found.values()] == [["http://localhost:3000/consulting"]] * 2


@pytest.mark.parametrize(("link", "dead"), [("https://api.home.lan/graphql", False), ("https://wiki.lan/", True)])
def test_a_platform_of_an_office_may_link_to_its_own_hosts(link, dead):
    there = Site({}, link)
    get = there.get
    there.get = lambda address, **how: get(address.replace("www.home.lan", HOST), **how)
    environment = Thing(domain="home.lan", services=Thing(headings=HEADINGS))
    assert bool(leading_nowhere(there, environment, EXPORT)) is dead
