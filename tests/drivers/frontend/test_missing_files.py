"""Files that are not there, and that browsers keep asking for, or do not."""

from types import SimpleNamespace as Thing

import pytest
import requests

from acceptance.drivers.frontend.missing_files import taken_for_granted

EXPORT = ["./index.html", "./_next/static/chunks/a.js", "./_next/static/chunks/b.js", "./_next/static/css/c.css"]


class Site:
    """A site that answers requests for what is not there."""

    def __init__(self, status, headers):
        self.status, self.headers, self.asked = status, headers, []

    def get(self, address, headers):
        self.asked.append(address.removeprefix("https://www.example.test"))
        made = requests.Response()
        made.status_code, made.url = self.status, address
        if "/_next/" in address:
            made.headers.update(self.headers)
        return made


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (404, {}, 0),
        (410, {"Cache-Control": "no-cache"}, 0),
        (404, {"Cache-Control": "public, max-age=60"}, 0),
        (404, {"Cache-Control": "public, max-age=31536000, immutable"}, 2),
        (200, {}, 3),
    ],
)
def test_a_missing_file_that_browsers_keep_is_told(status, headers, told):
    site = Site(status, headers)
    assert len(taken_for_granted(site, Thing(domain="example.test"), EXPORT)) == told
    folders = [path.rpartition("/")[0] for path in site.asked]
    assert folders == ["", "/_next/static/chunks", "/_next/static/css"]
