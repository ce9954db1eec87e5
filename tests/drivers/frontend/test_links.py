"""Links between pages: broken ones are distinguished from those to a page or to another site."""

from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.drivers.frontend.links import leading_nowhere, links_in

PAGE = """<nav class="a"><a href="/consulting">a</a><a class="b" href='/products/web-services#top'>b</a></nav>
<a data-href="/no-link">c</a><a href="https://elsewhere.example/x">d</a><a href="//elsewhere.example/y">e</a>
<a href="/price-list.pdf">f</a><a href="#here">g</a><a href="/search?a=1&amp;b=2">h</a><link href="/style" rel="a">
<a
  href="/over-two-lines">i</a><article href="/no-link-either"></article>"""


def test_only_links_to_pages_of_the_site_are_followed():
    assert links_in(PAGE) == {"/consulting", "/products/web-services", "/search", "/over-two-lines"}


class Site:
    """A site with some pages, which links to others."""

    def __init__(self, statuses):
        self.statuses, self.asked = statuses, []

    def get(self, address, headers, allow_redirects):
        path = address.removeprefix("https://www.example.test")
        self.asked.append(path)
        made = requests.Response()
        made.status_code = self.statuses.get(path, 404)
        made._content = b'<a href="/other">a</a><a href="/other">b</a>' if path in ("/", "/page") else b""
        made.headers["Content-Type"] = "text/html; charset=utf-8"
        return made


@pytest.mark.parametrize(
    ("status", "dead"), [(200, False), (301, False), (401, False), (404, True), (410, True), (500, True)]
)
def test_a_link_that_leads_nowhere_is_seen(status, dead):
    there = Site({"/": 200, "/page": 200, "/other": status})
    export = {"./index.html": "a", "./page.html": "b", "./a.js": "c"}
    found = leading_nowhere(there, Thing(domain="example.test"), export)
    assert found == ({"./index.html": ["/other"], "./page.html": ["/other"]} if dead else {})
    assert there.asked.count("/other") == 1
