"""A visitor who gets a different page is found, by language, device or origin."""

import http.server
from urllib.parse import unquote

import pytest
import requests
from tests_support import http_server, reply

from acceptance.drivers.frontend import site, visitors

PAGE = "<html><h1>Home</h1></html>"
CHANGED, EARLIER = "Thu, 01 Jan 2026 00:30:00 GMT", "Wed, 31 Dec 2025 23:30:00 GMT"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves one page; below /SIGN it refuses requests that have the sign in a header or in the query."""

    def do_GET(self):
        """The page, 404 for the visitor that the path names, or another page."""
        path, _, query = self.path.partition("?")
        sign = unquote(path.split("/")[1])
        told = "\n".join([*self.headers.values(), query])
        # The last sign is for whoever does not name the browser.
        turned = sign and (sign in told or (sign == "nameless" and "User-Agent" not in self.headers))
        body = (PAGE.replace("Home", "Sorry") if path.endswith("/other") and turned else PAGE).encode()
        reply(self, body, 404 if turned and not path.endswith("/other") else 200)

    def do_HEAD(self):
        """As GET, but nothing below /no-head."""
        self.send_response(405 if self.path.startswith("/no-head") else 200)
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture(scope="module")
def server():
    """`http://HOST:PORT` of the page."""
    with http_server(Handler) as address:
        yield f"http://{address}"


def opened(server, path, **resources):
    """The page at a path as a probe got it."""
    answer = requests.get(f"{server}{path}", timeout=5)
    answer.headers.update({"Last-Modified": CHANGED, "ETag": '"1"'})
    return site.Opened(f"{server}{path}", answer, PAGE, resources)


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/de-DE/page", "who reads de-DE"),
        ("/iPhone/other", "with an iPhone"),
        ("/iPad/page", "with an iPad"),
        ("/ExampleBot/page", "that is a crawler"),
        ("/Googlebot/page", "that is Google's crawler"),
        ("/curl/page", "with curl, as in the handbooks"),
        ("/nameless/page", "who does not name the browser"),
        ("/_ga/page", "who was here before"),
        ("/kept-39/page", "with many cookies"),
        ("/of-an-older-page/page", "who kept an older page"),
        ("/google.com/page", "who comes from a search"),
        ("/utm_source/page", "who follows a link of a mail"),
        ("/Windows NT/page", "with Chrome on Windows"),
        ("/Edg/page", "with Edge on Windows"),
        ("/Macintosh/other", "with Safari on a Mac"),
        ("/cross-site/page", "who comes from a search"),
        ("/same-site/page", "who comes from another host of the domain"),
        ("/proxy.example.org/page", "who comes through a proxy"),
        ("/no-cache/page", "who reloads the page"),
        ("/of-a-newer-page/page", visitors.NEWER),
        (f"/{EARLIER[5:16]}/page", f"who kept the page of {EARLIER}"),
        (f"/{EARLIER[5:16]}/other", f"who kept the page of {EARLIER}"),
    ],
)
def test_who_is_turned_away_is_named(server, path, who):
    found = visitors.turned_away(requests.Session(), opened(server, path))
    assert any(f"a visitor {who}: " in text for text in found), found


def test_a_page_that_is_the_same_for_everybody_is_let_pass(server):
    assert visitors.turned_away(requests.Session(), opened(server, "/", **{f"{server}/style": "200"})) == []


def test_what_a_page_loads_and_one_visitor_does_not_get_is_seen(server):
    page = opened(server, "/", **{f"{server}/ja/font": "200"})
    assert visitors.turned_away(requests.Session(), page) == [f"a visitor who reads ja: GET {server}/ja/font: 404"]


def test_who_looks_whether_a_page_is_there_is_answered_too(server):
    found = visitors.turned_away(requests.Session(), opened(server, "/no-head"))
    assert found == [f"a visitor who checks a link: HEAD {server}/no-head: 405"]


def test_files_are_asked_for_by_the_page_wherever_its_visitor_comes_from():
    found = visitors.of_files(visitors.VISITORS["who comes from a search"], "https://www.example.test/")
    assert found == {"Referer": "https://www.example.test/", "Sec-Fetch-Site": "same-origin"}
    assert visitors.of_files({"User-Agent": visitors.IPAD}, "https://www.example.test/") == {
        "User-Agent": visitors.IPAD
    }


@pytest.mark.parametrize(("changed", "earlier"), [(CHANGED, EARLIER), ("", ""), ("yesterday", "")])
def test_an_older_page_is_of_an_hour_before_the_last_change(changed, earlier):
    made = answer("https://www.example.test/", **({"Last_Modified": changed} if changed else {}))
    assert visitors.time_before(made) == earlier


NOW = "Sun, 29 Nov 2026 10:30:00 GMT"
AT_8, AT_9 = NOW.replace("10:30", "08:00"), NOW.replace("10:30", "09:00")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, {}),
        ({"ETag": '"1"'}, {"If-None-Match": '"of-a-newer-page"'}),
        ({"Last_Modified": AT_8, "Date": NOW}, {"If-Modified-Since": AT_9}),
        ({"Last_Modified": "Sun, 29 Nov 2026 10:29:00 GMT", "Date": NOW}, {"If-Modified-Since": NOW}),
        ({"Last_Modified": NOW, "Date": NOW}, {}),
        ({"Last_Modified": "yesterday", "Date": NOW}, {}),
    ],
)  # fmt: skip
def test_what_a_browser_says_that_kept_a_newer_page(headers, said):
    assert visitors.of_newer(answer("https://www.example.test/", **headers)) == said


def answer(url, status=200, text=PAGE, asked=None, **headers):
    """An answer to a GET that accepts some encoding."""
    found = requests.Response()
    found.url, found.status_code, found._content = url, status, text.encode()
    found.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    found.request = requests.Request("GET", url, headers={"Accept-Encoding": asked or "gzip"}).prepare()
    return found


@pytest.mark.parametrize(
    ("asked", "form", "said"),
    [("identity", "gzip", "200, compressed (gzip)"), ("gzip", "gzip", ""), ("identity", "identity", "")],
)
def test_who_takes_nothing_compressed_is_sent_nothing_compressed(asked, form, said):
    found = visitors.missing("X", [answer("https://www.example.test/", asked=asked, Content_Encoding=form)])
    assert found == ([f"a visitor X: GET https://www.example.test/: {said}"] if said else [])


@pytest.mark.parametrize(
    ("status", "text", "location", "said"),
    [
        (301, "", "/page", ""),
        (308, "", "https://www.example.test/page", ""),
        (301, "", "http://www.example.test:3000/page", "sent to http://www.example.test:3000/page"),
        (404, "", "", ""),
        (200, PAGE, "", ""),
        (200, PAGE.replace("Home", "Sorry"), "", "heading 'Sorry'"),
        (500, "", "", "500"),
    ],
)
def test_a_slash_at_the_end_leads_to_the_page_or_nowhere(status, text, location, said):
    page = site.Opened("https://www.example.test/page", None, PAGE)
    headers = {"Location": location} if location else {}
    found = visitors.sent_astray(page, answer(f"{page.url}/", status, text, **headers), "Home")
    assert bool(found) == bool(said) and said in "".join(found), found
