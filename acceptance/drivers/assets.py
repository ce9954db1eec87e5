"""Static assets: whether each comes with the media type of what it is. Source: 10.9."""

from __future__ import annotations

import mimetypes
import xml.etree.ElementTree
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import requests

from acceptance.drivers.site import NAMED, OFTEN, ask, type_of, wrong_charset

SVG = "{http://www.w3.org/2000/svg}svg"
SAME = ({"application/javascript", "text/javascript"}, {"image/x-icon", "image/vnd.microsoft.icon"})
"""Types that are each other's names (RFC 9239; the IANA registry)."""
EVERY = "every file that the pages name"
PAGE = "text/html"


def addresses(pages: Mapping[str, str], asset: str, logo: str) -> list[str]:
    """The addresses that a row of the Examples stands for: the logo's, or those of every file that a page names.

    `logo`: where the environment has the logo; empty if its pages have none, and any picture of theirs will do.
    """
    named = sorted({urljoin(page, path) for page, text in pages.items() for path in NAMED.findall(text)})
    if asset == EVERY:
        return named
    if logo:
        return [urljoin(next(iter(pages)), logo)]
    return [address for address in named if expected_type(address).startswith("image/")]


def expected_type(address: str) -> str:
    """The media type that a file has by its name; empty if its ending is not known."""
    return mimetypes.guess_type(urlsplit(address).path)[0] or ""


def wrong_type(answer: requests.Response, wanted: str) -> str:
    """What is wrong with an asset's answer; empty if nothing is. One of an unknown type may be anything but a page."""
    seen = type_of(answer)
    if answer.status_code != 200:
        return f"GET {answer.url}: {answer.status_code}"
    if charset := wrong_charset(answer):
        return f"GET {answer.url}: {seen!r} in {charset}, expected UTF-8"
    if not wanted:
        return f"GET {answer.url}: {seen!r}" if seen in ("", PAGE) else ""
    if seen != wanted and not any({seen, wanted} <= names for names in SAME):
        return f"GET {answer.url}: {seen!r}, expected {wanted!r}"
    if wanted == "image/svg+xml":
        return no_svg(answer)
    return ""


def no_svg(answer: requests.Response) -> str:
    """Why an answer is no picture of the type SVG; empty if it is one."""
    try:
        root = xml.etree.ElementTree.fromstring(answer.content).tag
    except xml.etree.ElementTree.ParseError as error:
        return f"GET {answer.url}: no XML: {error}"
    return "" if root == SVG else f"GET {answer.url}: no SVG but {root}"


def wrong_types(web: requests.Session, found: list[str], wanted: str | None = None) -> list[str]:
    """What is wrong with any answer of any asset, each over a connection of its own; without `wanted` by its name."""
    answers = [(ask(web, address), wanted or expected_type(address)) for address in found for _ in range(OFTEN)]
    return sorted({text for answer, kind in answers if (text := wrong_type(answer, kind))})
