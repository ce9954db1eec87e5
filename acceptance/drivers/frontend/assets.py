"""Static assets: whether each is served with its correct media type. Source: 10.9."""

from __future__ import annotations

import mimetypes
import xml.etree.ElementTree
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import requests

from acceptance.drivers.frontend.site import NAMED, OFTEN, Opened, ask, type_of, wrong_charset

SVG = "{http://www.w3.org/2000/svg}svg"
SAME = ({"application/javascript", "text/javascript"}, {"image/x-icon", "image/vnd.microsoft.icon"})
"""Types that are each other's names (RFC 9239; the IANA registry)."""
ACCEPTED = (
    "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "text/css,*/*;q=0.1",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
)
"""What browsers say that they take for a picture, a style, and an address that somebody typed (Chromium 140)."""
OFTEN_EACH = OFTEN // 4
REDRAWN = {"image/png", "image/jpeg", "image/gif"}
"""Pictures that a server may give to browsers in a newer format; one of lines (SVG) stays one."""
NEWER = {"image/webp": (8, b"WEBP"), "image/avif": (4, b"ftyp")}
"""These formats, with the bytes that they have at an offset (RFC 9649; AV1 Image File Format 1.1)."""
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
    """The media type that a file's name implies; empty if its extension is unknown."""
    return mimetypes.guess_type(urlsplit(address).path)[0] or ""


def wrong_type(answer: requests.Response, wanted: str) -> str:
    """What is wrong with an asset's answer; empty if nothing is. One of unknown type may be anything but a page."""
    seen = type_of(answer)
    if answer.status_code != 200:
        return f"GET {answer.url}: {answer.status_code}"
    if charset := wrong_charset(answer):
        return f"GET {answer.url}: {seen!r} in {charset}, expected UTF-8"
    if not wanted:
        return f"GET {answer.url}: {seen!r}" if seen in ("", PAGE) else ""
    if not is_named(seen, wanted) or not is_drawn_as(answer.content, seen):
        return f"GET {answer.url}: {seen!r}, expected {wanted!r}{asked_for(answer)}"
    if wanted == "image/svg+xml":
        return no_svg(answer)
    return ""


def is_named(seen: str, wanted: str) -> bool:
    """Whether a media type is that of a file, under another of its names or in a newer format too."""
    redrawn = wanted in REDRAWN and seen in NEWER
    return seen == wanted or redrawn or any({seen, wanted} <= names for names in SAME)


def is_drawn_as(content: bytes, seen: str) -> bool:
    """Whether content has the bytes of the newer format that it came as; of any other type none are looked for."""
    at, sign = NEWER.get(seen, (0, b""))
    return content[at:].startswith(sign)


def asked_for(answer: requests.Response) -> str:
    """What an answer's request said that it takes, in words; empty if it said nothing of its own."""
    said = answer.request.headers.get("Accept", "*/*")
    return "" if said == "*/*" else f", where {said!r} is taken"


def wrong_in_browser(opened: Opened) -> list[str]:
    """The types that a browser was told of what it loaded with a page, and that are not those of the files' names.

    The page itself is left out, and so are answers that are nothing (304 and the like name no type).
    """
    found = []
    for address, seen in sorted(opened.types.items()):
        wanted = expected_type(address)
        wrong = not is_named(seen, wanted) if wanted else seen == PAGE
        if address != opened.url and seen and wrong:
            found.append(f"GET {address} in the browser: {seen!r}, expected {wanted or 'no page'!r}")
    return found


def no_svg(answer: requests.Response) -> str:
    """Why an answer is not an SVG image; empty if it is one."""
    try:
        root = xml.etree.ElementTree.fromstring(answer.content).tag
    except xml.etree.ElementTree.ParseError as error:
        return f"GET {answer.url}: no XML: {error}"
    return "" if root == SVG else f"GET {answer.url}: no SVG but {root}"


def wrong_types(web: requests.Session, found: list[str], wanted: str | None = None) -> list[str]:
    """What is wrong with any answer of any asset, each over a connection of its own; without `wanted` by its name.

    Each is asked for as a probe does, and as browsers do, who say what they take.
    """
    ways: list[dict[str, str]] = [{}] * OFTEN + [
        {"Accept": accepted} for accepted in ACCEPTED for _ in range(OFTEN_EACH)
    ]
    answers = [(ask(web, address, **way), wanted or expected_type(address)) for address in found for way in ways]
    return sorted({text for answer, kind in answers if (text := wrong_type(answer, kind))})
