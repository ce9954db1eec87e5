"""How long an answer may be cached, and whether it is compressed for a client that does not accept it."""

import pytest
import requests

from acceptance.drivers.services.answer_headers import compressed_against_wish, kept_for

UNCHANGED = {"Date": "Sat, 28 Nov 2026 20:00:00 GMT", "Last-Modified": "Sat, 28 Nov 2026 19:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"Cache-Control": "public, max-age=31536000, immutable"}, 31536000),
        ({"Cache-Control": "max-age=0, must-revalidate", "Expires": "Wed, 01 Jan 2098 00:00:00 GMT"}, 0),
        # For caches between the two, which browsers are not.
        ({"Cache-Control": "s-maxage=31536000, stale-while-revalidate"}, 0),
        ({"Cache-Control": "max-age=0, stale-while-revalidate=31536000"}, 31536000),
        ({"Cache-Control": "no-cache, max-age=600"}, 0),
        ({"Date": "Sat, 28 Nov 2026 20:00:00 GMT", "Expires": "Sat, 28 Nov 2026 21:00:00 GMT"}, 3600),
        ({"Date": "Sat, 28 Nov 2026 20:00:00 GMT", "Expires": "Fri, 27 Nov 2026 20:00:00 GMT"}, 0),
        ({"Date": "Sat, 28 Nov 2026 20:00:00 GMT", "Expires": "0"}, 0),
        ({"Cache-Control": 'no-cache="Set-Cookie", max-age=600'}, 600),
        ({"Cache-Control": 'max-age=600, no-cache = "Set-Cookie"'}, 600),
        ({"Cache-Control": "max-age=600,no-cache"}, 0),
        # Browsers guess: a tenth of the time since the page was last changed.
        (UNCHANGED, 360),
        ({**UNCHANGED, "Cache-Control": "public"}, 360),
        ({**UNCHANGED, "Cache-Control": "no-cache"}, 0),
        ({**UNCHANGED, "Cache-Control": "max-age=5"}, 5),
        ({**UNCHANGED, "Cache-Control": "private, must-revalidate"}, 0),
        ({**UNCHANGED, "Pragma": "no-cache"}, 0),
        ({**UNCHANGED, "Expires": "-1"}, 0),
        ({**UNCHANGED, "Last-Modified": "Sat, 28 Nov 2026 21:00:00 GMT"}, 0),
    ],
)
def test_how_long_a_browser_keeps_a_page(headers, seconds):
    answer = requests.Response()
    answer.headers.update(headers)
    assert kept_for(answer) == seconds


@pytest.mark.parametrize(
    ("taken", "form", "against"),
    [("identity", "gzip", True), ("identity", None, False), ("gzip, deflate", "gzip", False), (None, "gzip", False)],
)
def test_an_answer_that_is_compressed_against_its_clients_wish(taken, form, against):
    answer = requests.Response()
    answer.request = requests.Request("GET", "http://a.example", {"Accept-Encoding": taken} if taken else {}).prepare()
    answer.headers.update({"Content-Encoding": form} if form else {})
    assert bool(compressed_against_wish(answer)) is against
