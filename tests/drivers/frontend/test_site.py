"""Pages as browsers get them: what is missing, foreign, broken or changes between requests is found."""

import http.server

import pytest
import requests
from tests_support import http_server, reply

from acceptance.clients import browser
from acceptance.drivers.frontend import assets, site

PAGE = """<!doctype html><html><head><link rel="stylesheet" href="/style.css?v=1">{head}</head>
<body><h1>Products &amp; <b>more</b>
</h1><img src="/logo.svg">{body}<script src="/app.js"></script></body></html>"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><g><path d="M0 0h64v64"/></g></svg>'
FILES = {
    "/": ("text/html", PAGE.format(head="", body="")),
    "/webp": ("text/html", PAGE.format(head="", body='<img src="/lines.svg">')),
    "/umlaut": ("text/html", "<h1>Zürich</h1>"),
    "/lost-style": ("text/html", PAGE.format(head='<link rel="stylesheet" href="/gone.css">', body="")),
    "/foreign": ("text/html", PAGE.format(head="", body='<img src="http://elsewhere.example/x.png">')),
    "/throws": ("text/html", PAGE.format(head="", body="<script>throw new Error('x')</script>")),
    "/complains": ("text/html", PAGE.format(head="", body="<script>console.error('Error: no data')</script>")),
    "/style.css": ("text/css", "h1 {color: red}"),
    "/app.js": ("text/javascript", "1"),
    "/logo.svg": ("image/svg+xml", SVG),
    "/plain.svg": ("text/plain", SVG),
    "/no.svg": ("image/svg+xml", "<html/>"),
    "/empty.svg": ("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"><title>Logo</title></svg>'),
    "/flat.svg": ("image/svg+xml", SVG.replace("0 0 64 64", "0 0 64 0")),
    "/narrow.svg": ("image/svg+xml", SVG.replace("viewBox", 'width="0px" viewBox')),
    "/half.svg": ("image/svg+xml", SVG.replace("viewBox", 'width="0.5em" viewBox')),
    "/broken.svg": ("image/svg+xml", "<svg"),
    "/latin.html": ("text/html; charset=iso-8859-1", "<h1>x</h1>"),
    "/latin.css": ("text/css; charset=iso-8859-1", ""),
    "/quoted.css": ('text/css; charset="UTF-8"', ""),
    "/a.strange": ("text/html", ""),
    "/b.strange": ("application/x-strange", ""),
}
site_type = assets.expected_type
HOST = "www.example.test"


WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
NEGOTIATED = {
    "/lines.svg": ("image/webp", SVG.encode()),
    "/photo.png": ("image/webp", WEBP),
    "/lying.png": ("image/webp", b"\x89PNG"),
}
"""What browsers get that say they take WebP; others get a picture of its name's type."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves FILES; what ends in `half` and every other time only."""

    times = 0

    def do_GET(self):
        """The file, or 404."""
        path = self.path.partition("?")[0]
        Handler.times += path == "/half.css"
        kind, text = FILES.get("/style.css" if path == "/half.css" else path, ("text/html", None))
        status = 404 if text is None or (path == "/half.css" and Handler.times % 2) else 200
        body = (text or "").encode()
        if path in NEGOTIATED:
            status, kind, body = 200, site_type(path), SVG.encode()
            if "image/webp" in self.headers.get("Accept", ""):
                kind, body = NEGOTIATED[path]
        reply(self, body, status, kind)

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture(scope="module")
def server():
    """`HOST:PORT` of the site."""
    with http_server(Handler) as address:
        yield address


@pytest.fixture
def get(server):
    """The answer at a path."""
    return lambda path: requests.get(f"http://{server}{path}", timeout=5)


needs_browser = pytest.mark.skipif(not browser.find(), reason=f"none of {', '.join(browser.BROWSERS)} is installed")


def opened(server, path):
    """A page of the site in the browser of this machine."""
    program = browser.find()
    assert program
    address = f"http://{HOST}{path}"
    page = browser.open_page(program, address, domain="example.test", address=server)
    return site.Opened(
        address,
        requests.get(f"http://{server}{path}", timeout=5),
        page.document,
        page.resources,
        page.console,
        page.picture,
        page.types,
    )


@needs_browser
def test_a_page_that_works_has_nothing_broken(server):
    page = opened(server, "/")
    assert page.broken == {}
    assert page.headings == {"Products & more"}
    assert {address.rpartition("/")[2] for address in page.resources} == {"", "style.css?v=1", "app.js", "logo.svg"}


@needs_browser
def test_the_types_that_a_browser_is_told(server):
    page = opened(server, "/")
    assert {address.rpartition("/")[2]: kind for address, kind in page.types.items()} == {
        "": "text/html",
        "style.css?v=1": "text/css",
        "app.js": "text/javascript",
        "logo.svg": "image/svg+xml",
    }
    assert assets.wrong_in_browser(page) == []


def test_a_page_that_a_redirect_gives_a_slash_is_still_the_page():
    address = "https://www.example.test/consulting"
    page = site.Opened(address, None, "", types={f"{address}/": "text/html", f"{address}/team/": "text/html"})
    (found,) = assets.wrong_in_browser(page)
    assert "/consulting/team/" in found


@needs_browser
def test_a_picture_that_only_browsers_get_under_another_type_is_seen_in_one(server):
    (found,) = assets.wrong_in_browser(opened(server, "/webp"))
    assert "lines.svg" in found and "'image/webp', expected 'image/svg+xml'" in found


@pytest.mark.parametrize(
    ("path", "kinds"),
    [("/logo.svg", 0), ("/photo.png", 0), ("/lines.svg", 2), ("/lying.png", 2)],
)
def test_assets_are_asked_for_as_browsers_do(server, path, kinds):
    found = assets.wrong_types(requests.Session(), [f"http://{server}{path}"])
    assert len(found) == kinds and all("is taken" in text for text in found), found


@needs_browser
@pytest.mark.parametrize(
    ("path", "what"),
    [("/lost-style", "gone.css"), ("/foreign", "elsewhere"), ("/throws", "console"), ("/complains", "console")],
)
def test_what_does_not_work_in_a_browser_is_seen(server, path, what):
    assert any(what in address for address in opened(server, path).broken)


def test_a_page_that_names_no_charset_is_utf_8(get):
    assert site.heading_of(site.text_of(get("/umlaut"))) == "Zürich"


def test_a_page_in_another_charset_is_seen(get):
    assert [site.wrong_charset(get(path)) for path in ("/", "/latin.html")] == ["", "iso-8859-1"]


def test_a_page_without_a_heading_has_none():
    assert site.heading_of("<p>x</p>") == "none"


def test_a_file_that_is_there_every_other_time_is_seen(server):
    base = f"http://{server}"
    page = site.Opened(f"{base}/", requests.Response(), "", {f"{base}/style.css": "200"})
    assert site.changing(requests.Session(), page) == []
    page.resources[f"{base}/half.css"] = "200"
    (found,) = site.changing(requests.Session(), page)
    assert "half.css" in found


def test_files_that_documents_name():
    text = PAGE.format(
        head="", body='<a href="/consulting">x</a><a href="/a.html">y</a><a href="https://b.example/c.png">z</a>'
    )
    assert site.NAMED.findall(text) == ["/style.css", "/logo.svg", "/app.js"]


@pytest.mark.parametrize(
    ("path", "is_right"),
    [
        ("/style.css", True),
        ("/app.js", True),
        ("/logo.svg", True),
        ("/plain.svg", False),
        ("/no.svg", False),
        ("/broken.svg", False),
        ("/empty.svg", False),
        ("/flat.svg", False),
        ("/narrow.svg", False),
        ("/half.svg", True),
        ("/gone.css", False),
        ("/latin.css", False),
        ("/quoted.css", True),
        ("/a.strange", False),
        ("/b.strange", True),
    ],
)
def test_the_type_of_an_asset(get, path, is_right):
    assert (assets.wrong_type(get(path), assets.expected_type(path)) == "") is is_right


PAGES = {"https://www.example.test/": PAGE.format(head="", body="")}


@pytest.mark.parametrize(
    ("asset", "logo", "paths"),
    [
        ('"/assets/logo.svg"', "/assets/logo.svg", ["/assets/logo.svg"]),
        ('"/assets/logo.svg"', "/img/brand.png", ["/img/brand.png"]),
        ('"/assets/logo.svg"', "", ["/logo.svg"]),
        (assets.EVERY, "", ["/app.js", "/logo.svg", "/style.css"]),
    ],
)
def test_the_addresses_that_a_row_stands_for(asset, logo, paths):
    assert assets.addresses(PAGES, asset, logo) == [f"https://www.example.test{path}" for path in paths]


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("./index.html", "/"),
        ("./consulting.html", "/consulting"),
        ("./consulting/index.html", "/consulting/"),
        ("./404.html", site.MISSING),
        ("./404/index.html", site.MISSING),
        ("./_next/static/chunks/a.js", "/_next/static/chunks/a.js"),
    ],
)
def test_where_a_file_of_an_export_is_served(file, path):
    assert site.path_of(file) == path


def test_what_is_an_export_of_next():
    manifest = {"./_next/static/abc/_buildManifest.js": "1"}
    assert site.is_next_export({**manifest, "./index.html": "2"})
    assert not site.is_next_export(manifest)
    assert not site.is_next_export({"./index.html": "2"})


def test_what_a_page_of_an_export_lacks():
    page = 'href="/_next/static/css/a.css"/><script>self.__next_f.push([1,"[\\"/_next/static/chunks/%5Bid%5D-b.js\\"'
    whole = dict.fromkeys(("./_next/static/css/a.css", "./_next/static/chunks/[id]-b.js", "./products.txt"), "1")
    assert site.lacking("./products.html", page, whole) == []
    assert site.lacking("./404.html", page, {**whole, "./404.html": "1"}) == []
    assert site.lacking("./products.html", page, {}) == sorted(whole)
    assert site.lacking("./products.html", "<script>'/_next/static/chunks/'</script>", {}) == []


@pytest.mark.parametrize(
    ("path", "seen", "is_right"),
    [
        ("/feed.xml", "application/xml", True),
        ("/feed.xml", "text/xml", True),
        ("/feed.xml", "text/plain", False),
        ("/a.wav", "audio/wav", True),
        ("/a.wav", "audio/x-wav", True),
        ("/a.woff2", "font/woff2", True),
        ("/a.woff2", "application/octet-stream", False),
        ("/a.webp", "image/webp", True),
        ("/a.mjs", "application/javascript", True),
    ],
)
def test_names_imply_the_same_types_on_every_machine(path, seen, is_right):
    assert assets.is_named(seen, assets.expected_type(path)) is is_right


@pytest.mark.parametrize(("status", "body", "told"), [(200, b"<h1>Home</h1>", 0), (200, b"", 1), (204, b"", 1)])
def test_a_pod_that_answers_probes_without_its_page_is_told(status, body, told):
    class Door:
        """A pod's page, for visitors and for probes."""

        def get(self, _, headers=None):
            made = requests.Response()
            is_probe = "kube-probe" in (headers or {}).get("User-Agent", "")
            made.status_code, made._content = (status, body) if is_probe else (200, b"<h1>Home</h1>")
            return made

    assert len(site.shown_to_probes({"frontend-1": Door()}, "/")) == told


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("Refused to load the script 'a.js' because it violates the policy", True),
        ("[Report Only] Refused to load the script 'a.js' because it violates the policy", False),
        (
            "Error: 'a.js' violates it. The policy is report-only, so the violation has been logged",
            False,
        ),
        ("Uncaught Error: [Report Only]", True),
        ("all is well", False),
    ],
)
def test_what_a_policy_only_reports_is_no_trouble(line, is_told):
    assert site.is_trouble(line) is is_told
