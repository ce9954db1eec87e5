"""Visitors of the site who differ from a probe: by language, device, or origin."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urljoin

import requests
from urllib3.util import SKIP_HEADER

from acceptance.clients.browser import WINDOWS
from acceptance.drivers.frontend.site import Opened, heading_of, text_of
from acceptance.drivers.services.answer_headers import compressed_against_wish

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
IPAD = "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1.2 Mobile/15E148 Safari/604.1"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
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
OPENING = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Upgrade-Insecure-Requests": "1"}
"""What browsers say when somebody opens a page, wherever they come from (Fetch Metadata Request Headers, 2)."""
WITH_CHROME = {
    "User-Agent": WINDOWS,
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Windows"',
    "Sec-Fetch-Site": "none",
    **OPENING,
}
VISITORS = {
    **{f"who reads {language.partition(',')[0]}": {"Accept-Language": language} for language in LANGUAGES},
    "with an iPhone": {"User-Agent": PHONE, "Accept-Language": "en-US"},
    "with an Android phone": {"User-Agent": ANDROID, "Sec-CH-UA-Mobile": "?1", "Save-Data": "on"},
    "with Firefox": {"User-Agent": FIREFOX, "Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "DNT": "1"},
    "with Chrome on Windows": WITH_CHROME,
    "with Edge on Windows": {**WITH_CHROME, "User-Agent": f"{WINDOWS} Edg/140.0.0.0"},
    "with Safari on a Mac": {"User-Agent": MAC, "Sec-Fetch-Site": "none", **OPENING},
    "with an iPad": {"User-Agent": IPAD},
    "that is a crawler": {"User-Agent": CRAWLER},
    "that is Google's crawler": {"User-Agent": GOOGLE},
    "with curl, as in the handbooks": {"User-Agent": "curl/8.14.1", "Accept": "*/*"},
    "who does not name the browser": {"User-Agent": SKIP_HEADER},
    "who was here before": {"Cookie": "_ga=GA1.1.1234567890.1767225600; theme=dark; lang=de"},
    "with many cookies": {"Cookie": COOKIES},
    "who kept an older page": {"If-None-Match": '"of-an-older-page"'},
    "who reloads the page": {"Cache-Control": "no-cache", "Pragma": "no-cache"},
    "who comes through a proxy": {"Via": "1.1 proxy.example.org", "Cache-Control": "max-age=0"},
    "who comes from a search": {"Referer": "https://www.google.com/", "Sec-Fetch-Site": "cross-site", **OPENING},
    "who comes from another host of the domain": {"Sec-Fetch-Site": "same-site", **OPENING},
    "that takes nothing compressed": {"Accept-Encoding": "identity"},
}
"""The headers of each visitor's requests, in addition to a probe's. User-Agent is optional (RFC 9110, 10.1.5)."""
KEPT = 3600
"""Maximum seconds for which a browser may cache a page: one of an old build refers to files that are gone."""
NEWER = "who kept a newer page, from before a rollback"
HOUR = datetime.timedelta(hours=1)
NO_SUCH_PAGE = (404, 410)
"""Statuses that say that nothing is at an address."""
ARRIVAL = {"Referer", "Sec-Fetch-Site", *OPENING}
"""The headers that say how somebody came to a page; for the files that it loads, a browser names the page instead."""
LINK = f"?utm_source=newsletter&utm_medium=mail&utm_campaign=Fr%C3%BChling%202026&fbclid={'x' * 61}"
"""The query that links in mails and advertisements add to a URL."""


def turned_away(web: requests.Session, opened: Opened, visitors: dict[str, dict[str, str]] | None = None) -> list[str]:
    """The visitors who do not get the page that was opened, or a file that it loads, and what they got instead.

    A visitor's browser says how they came when it asks for the page, and that the page asks when it asks for the files.
    Pages are compared by status and first heading, so that a site may serve other markup to a phone; the files have to
    be there. Raises requests.RequestException if there is no answer.
    """
    heading, loads = heading_of(text_of(opened.answer)), sorted({*opened.resources} - {opened.url})
    found = []
    for who, headers in (VISITORS if visitors is None else visitors).items():
        found += wrong_page(who, web.get(opened.url, headers=headers), heading)
        for_files = of_files(headers, opened.url)
        found += missing(who, (web.get(address, headers=for_files) for address in loads))
    found += missing("who checks a link", [web.head(opened.url, allow_redirects=True)])
    found += wrong_page("who follows a link of a mail", web.get(opened.url + LINK), heading)
    if since := time_before(opened.answer):
        older = web.get(opened.url, headers={"If-Modified-Since": since})
        found += wrong_page(f"who kept the page of {since}", older, heading)
    found += wrong_page(NEWER, web.get(opened.url, headers=of_newer(opened.answer)), heading)
    return found + sent_astray(opened, web.get(opened.url.rstrip("/") + "/", allow_redirects=False), heading)


def of_files(headers: dict[str, str], page: str) -> dict[str, str]:
    """A visitor's headers for the files that a page loads: a site may refuse these to other sites' pages."""
    if not ARRIVAL & headers.keys():
        return headers
    kept = {name: value for name, value in headers.items() if name not in ARRIVAL}
    return {**kept, "Referer": page, "Sec-Fetch-Site": "same-origin"}


def time_before(answer: requests.Response) -> str:
    """An hour before an answer was last changed, in HTTP's form; empty if it does not say when that was."""
    with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):
        changed = parsedate_to_datetime(answer.headers["Last-Modified"])
        return format_datetime((changed - HOUR).astimezone(datetime.UTC), usegmt=True)
    return ""


def of_newer(answer: requests.Response) -> dict[str, str]:
    """What a browser says that kept a page that is newer than this one: by time and tag, as far as the site gives them.

    A site that goes by times alone would tell it that nothing has changed, which HTTP allows (RFC 9110, 13.1.3); but
    after a rollback (14.3, 14.4) whoever saw the bad page would keep it. No time is to come, by the server's clock.
    """
    said = {"If-None-Match": '"of-a-newer-page"'} if "ETag" in answer.headers else {}
    with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):
        changed, now = (parsedate_to_datetime(answer.headers[name]) for name in ("Last-Modified", "Date"))
        if changed < now:
            said["If-Modified-Since"] = format_datetime(min(changed + HOUR, now).astimezone(datetime.UTC), usegmt=True)
    return said


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
