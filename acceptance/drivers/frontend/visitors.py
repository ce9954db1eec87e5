"""Visitors of the site who differ from a probe: by language, device, or origin."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin

import requests
from urllib3.util import SKIP_HEADER

from acceptance.drivers.frontend.site import Opened, heading_of, text_of
from acceptance.drivers.services.answer_headers import compressed_against_wish

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
IPAD = "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1.2 Mobile/15E148 Safari/604.1"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CRAWLER = "Mozilla/5.0 (compatible; ExampleBot/1.0; +https://www.example.org/bot)"
LANGUAGES = (
    "de-DE,de;q=0.9,en;q=0.5",
    "en-GB,en;q=0.9",
    "fr",
    "es-ES,es;q=0.8",
    "pt-BR",
    "zh-CN",
    "ja",
    "ru",
    "ar",
    "hi",
)
COOKIES = "; ".join(f"kept-{number}={'x' * 100}" for number in range(40))
"""Over 4 KiB of cookies, as browsers collect them from all pages of a domain (RFC 6265, 6.1: each may have as much)."""
VISITORS = {
    **{f"who reads {language.partition(',')[0]}": {"Accept-Language": language} for language in LANGUAGES},
    "with an iPhone": {"User-Agent": PHONE, "Accept-Language": "en-US"},
    "with an Android phone": {"User-Agent": ANDROID, "Sec-CH-UA-Mobile": "?1", "Save-Data": "on"},
    "with Firefox": {"User-Agent": FIREFOX, "Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "DNT": "1"},
    "with an iPad": {"User-Agent": IPAD},
    "that is a crawler": {"User-Agent": CRAWLER},
    "that is Google's crawler": {"User-Agent": GOOGLE},
    "with curl, as in the handbooks": {"User-Agent": "curl/8.14.1", "Accept": "*/*"},
    "who does not name the browser": {"User-Agent": SKIP_HEADER},
    "who was here before": {"Cookie": "_ga=GA1.1.1234567890.1767225600; theme=dark; lang=de"},
    "with many cookies": {"Cookie": COOKIES},
    "who kept an older page": {"If-None-Match": '"of-an-older-page"'},
    "who comes from a search": {"Referer": "https://www.google.com/"},
    "that takes nothing compressed": {"Accept-Encoding": "identity"},
}
"""The headers of each visitor's requests, in addition to a probe's. User-Agent is optional (RFC 9110, 10.1.5)."""
KEPT = 3600
"""Maximum seconds for which a browser may cache a page: one of an old build refers to files that are gone."""
NO_SUCH_PAGE = (404, 410)
"""Statuses that say that nothing is at an address."""
LINK = "?utm_source=newsletter&utm_medium=mail"
"""The query that links in mails and advertisements add to a URL."""


def turned_away(web: requests.Session, opened: Opened, visitors: dict[str, dict[str, str]] | None = None) -> list[str]:
    """The visitors who do not get the page that was opened, or a file that it loads, and what they got instead.

    Pages are compared by status and first heading, so that a site may serve other markup to a phone; the files have to
    be there. Raises requests.RequestException if there is no answer.
    """
    heading, loads = heading_of(text_of(opened.answer)), sorted({*opened.resources} - {opened.url})
    found = []
    for who, headers in (VISITORS if visitors is None else visitors).items():
        found += wrong_page(who, web.get(opened.url, headers=headers), heading)
        found += missing(who, (web.get(address, headers=headers) for address in loads))
    found += missing("who checks a link", [web.head(opened.url, allow_redirects=True)])
    found += wrong_page("who follows a link of a mail", web.get(opened.url + LINK), heading)
    return found + sent_astray(opened, web.get(opened.url.rstrip("/") + "/", allow_redirects=False), heading)


def wrong_page(who: str, answer: requests.Response, heading: str) -> list[str]:
    """What a visitor got instead of the page with a heading, in words; empty if it is that page."""
    seen = heading_of(text_of(answer))
    said = f"a visitor {who}: GET {answer.url}: {answer.status_code}, heading {seen!r}"
    return missing(who, [answer]) or ([] if seen == heading else [said])


def missing(who: str, answers: Iterable[requests.Response]) -> list[str]:
    """The files of a page that a visitor did not get with 200 in a form that they accept, in words."""
    seen = [(answer, compressed_against_wish(answer)) for answer in answers]
    return [
        f"a visitor {who}: {answer.request.method} {answer.url}: {answer.status_code}{form}"
        for answer, form in seen
        if answer.status_code != 200 or form
    ]


def sent_astray(opened: Opened, answer: requests.Response, heading: str) -> list[str]:
    """Where a visitor who appends a slash to the page's address is redirected, in words; empty if to the page itself.

    A site may have nothing at that address. One that has its pages there redirects from the address without.
    """
    who = "who puts a slash at the end"
    target = urljoin(str(answer.url), answer.headers.get("Location", ""))
    if answer.is_redirect:
        return [] if target == opened.url else [f"a visitor {who}: GET {answer.url}: sent to {target}"]
    return [] if answer.status_code in NO_SUCH_PAGE else wrong_page(who, answer, heading)
