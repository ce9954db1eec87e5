"""Files that browsers keep although they change under their name are found."""

from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.drivers.frontend import kept_files
from acceptance.drivers.frontend.site import FLIGHT, Opened

SITE = "https://www.example.test"
YEAR, ASKS = "public, max-age=31536000, immutable", "no-cache"
ENVIRONMENT = Thing(domain="example.test")


class Site:
    """A site of some files: content, Cache-Control and media type by path."""

    def __init__(self, files):
        self.files = files

    def get(self, address, headers):
        made = requests.Response()
        made.url = address
        content, control, kind = self.files.get(address.removeprefix(SITE), ("", ASKS, "text/plain"))
        made.status_code, made._content = (200 if content else 404), content.encode()
        made.headers.update({"Cache-Control": control, "Content-Type": kind})
        return made


def text(content, control):
    return content, control, "text/plain"


EXPORT = ["./index.html", "./index.txt", "./_next/static/a1.js", "./404.html"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"/index.txt": text("old", YEAR)}, {"/index.txt": text("new", YEAR)}, ["/index.txt"]),
        ({"/index.txt": text("old", YEAR)}, {"/index.txt": text("new", ASKS)}, ["/index.txt"]),
        ({"/index.txt": text("old", ASKS)}, {"/index.txt": text("new", YEAR)}, []),
        ({"/index.txt": text("old", "max-age=60")}, {"/index.txt": text("new", ASKS)}, []),
        ({"/_next/static/a1.js": text("old", YEAR)}, {"/_next/static/a1.js": text("old", YEAR)}, []),
        # A name that follows the content is gone with it.
        ({"/_next/static/a1.js": text("old", YEAR)}, {"/_next/static/b2.js": text("new", YEAR)}, []),
    ],
)
def test_a_kept_file_that_changes_is_told(before, after, told):
    kept = kept_files.held(Site(before), ENVIRONMENT, EXPORT)
    found = kept_files.changed(Site(after), kept)
    assert [one.split()[1].removeprefix(SITE).rstrip(":") for one in found] == told


@pytest.mark.parametrize(
    ("path", "files", "count"),
    [
        ("/", {"/index.txt": text("a", YEAR)}, 1),
        ("/", {"/index.txt": text("a", ASKS)}, 0),
        ("/consulting", {"/consulting.txt": text("a", YEAR)}, 1),
        ("/consulting/", {"/consulting/index.txt": text("a", YEAR)}, 1),
        ("/consulting", {"/consulting.txt": ("a", YEAR, "text/html")}, 0),
        ("/consulting", {}, 0),
    ],
)
def test_the_text_of_a_page_that_followed_links_load_is_not_kept(path, files, count):
    page = requests.Response()
    page._content, page.encoding = f"<script>{FLIGHT}</script>".encode(), "utf-8"
    assert len(kept_files.texts_kept(Site(files), Opened(f"{SITE}{path}", page, ""))) == count
    page._content = b"<h1>without a script</h1>"
    assert kept_files.texts_kept(Site(files), Opened(f"{SITE}{path}", page, "")) == []
