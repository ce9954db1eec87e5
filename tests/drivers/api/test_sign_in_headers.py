"""Sign-ins with the headers of browsers and of client libraries."""

import pytest

from acceptance.base.paths import ROOT
from acceptance.drivers.api import sign_in_headers
from acceptance.drivers.api.sign_in_headers import FROM_PAGE, WITH_CHARSET

SITE = "www.example.test"
PAGE = {
    *("Origin", "Referer", "User-Agent", "Accept-Language", "Cookie"),
    *("Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"),
}


@pytest.mark.parametrize(
    ("kind", "first", "header"),
    [
        ("a good message", set(), {}),
        (FROM_PAGE, PAGE, {"Origin": f"https://{SITE}", "Referer": f"https://{SITE}/"}),
        (WITH_CHARSET, set(), {"Content-Type": "application/json; charset=utf-8"}),
    ],
)
def test_each_sign_in_has_the_headers_of_who_sends_it(kind, first, header):
    assert {*sign_in_headers.before(kind, SITE)} == first
    assert header.items() <= sign_in_headers.of(kind, SITE).items()


@pytest.mark.parametrize("kind", [FROM_PAGE, WITH_CHARSET])
def test_the_examples_have_these_sign_ins(kind):
    assert f"| {kind} " in (ROOT / "features/08_authentication_service.feature").read_text()
