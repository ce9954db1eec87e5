"""Pages under whose heading another page stands, or nothing, and pages that redirect. Source: 10.5 to 10.8."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests

from acceptance.base.environment import Environment
from acceptance.drivers.frontend.site import Opened, pages, text_of

HOME = "/"
TITLE, MAIN = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL), re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
REFRESH = re.compile(r"<meta[^>]+http-equiv=[\"']?refresh[^>]*url[^>]*>", re.IGNORECASE)
BETWEEN = re.compile(
    "\\s+[-|/:>\N{EN DASH}\N{EM DASH}\N{MIDDLE DOT}\N{BULLET}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}]+\\s+|:\\s+"
)
"""What stands between the parts of a title."""
GENERATED = {"create next app", "react app", "vite app", "vite + react"}
"""The titles that generators of sites give, and that nobody chose."""
NO_TITLE = {"", "document", "untitled"}
"""The titles of documents that have none, as editors write them."""
SHOWN = re.compile(r"<(img|picture|svg|canvas|video|audio|iframe|object|embed|input|button)\b", re.IGNORECASE)
"""What people see, or use, on a page without text."""
HEADING, TAG = re.compile(r"<h1[^>]*>.*?</h1>", re.DOTALL), re.compile(r"<[^>]+>")


def words_of(part: str) -> str:
    """The text of a part of a document, without tags."""
    return " ".join(html.unescape(TAG.sub(" ", part)).split())


def title_of_another(document: str, path: str, headings: Mapping[str, str]) -> str:
    """The heading of another page in a document's title that names nothing but that; empty if there is none.

    `headings`: by path. The home page's heading is the site's name, which any title may have. A title may be a way
    through the site ("Hosting | Products"): a part of it without another page's heading is the page's own.
    """
    found = TITLE.search(document)
    title = words_of(found[1]).lower() if found else ""
    own = [part for part in BETWEEN.split(title) if part and part != headings[HOME].lower()]
    others = [heading for other, heading in headings.items() if other not in (path, HOME)]
    named = [next((heading for heading in others if heading.lower() in part), "") for part in own]
    return named[0] if named and all(named) and headings[path].lower() not in title else ""


def title_of_nobody(document: str) -> str:
    """Which title a document has that nobody chose, in words; empty if it has one of its own."""
    found = TITLE.search(document)
    title = words_of(found[1]).lower() if found else ""
    is_own = title not in NO_TITLE and not GENERATED & {*BETWEEN.split(title)}
    return "" if is_own else f"its title is {title!r}, which nobody chose"


def moved_on(answer: requests.Response) -> str:
    """The header or element by which a page redirects its visitors after a while; empty if there is none."""
    if told := answer.headers.get("Refresh"):
        return f"Refresh: {told}"
    found = REFRESH.search(text_of(answer))
    return found[0] if found else ""


def main_text(document: str) -> str:
    """What a document's main part says below its heading; empty for a document without one."""
    found = MAIN.search(document)
    return words_of(HEADING.sub("", found[1])) if found else ""


def is_bare(opened: Opened) -> bool:
    """Whether a page's main part has nothing below its heading: neither text nor anything else that people see.

    A script may put it there, so what the browser shows counts, too. A page without a main part is not judged.
    """
    found = [match[1] for text in (text_of(opened.answer), opened.document) if (match := MAIN.search(text))]
    return bool(found) and not any(words_of(HEADING.sub("", part)) or SHOWN.search(part) for part in found)


def mixed_up(opened: Opened, web: requests.Session, environment: Environment) -> str:
    """What a page shares with another page of the site, in words; empty if nothing."""
    path, document, headings = urlsplit(opened.url).path, text_of(opened.answer), environment.services.headings
    if heading := title_of_another(document, path, headings):
        return f"its title is that of the page {heading}"
    # A script may set it.
    if all(unchosen := [title_of_nobody(text) for text in (document, opened.document or document)]):
        return unchosen[0]
    if moves := moved_on(opened.answer):
        return f"it moves its visitors on ({moves})"
    text = main_text(document)
    for address, other in pages(web, environment).items():
        if text and urlsplit(address).path != path and main_text(other) == text:
            return f"it says what {address} says"
    return ""
