"""Static assets: whether each is served with its correct media type. Source: 10.9."""

from __future__ import annotations

import mimetypes
import re
import xml.etree.ElementTree
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import requests

from acceptance.drivers.frontend.site import NAMED, OFTEN, Opened, ask, type_of, wrong_charset

NAMESPACE = "{http://www.w3.org/2000/svg}"
SVG = f"{NAMESPACE}svg"
DRAWS = {
    "circle", "ellipse", "foreignObject", "image", "line", "path", "polygon", "polyline", "rect", "text", "use",
}  # fmt: skip
"""The elements of SVG that draw something."""
SAME = (
    {"application/javascript", "text/javascript"},
    {"image/x-icon", "image/vnd.microsoft.icon"},
    {"text/xml", "application/xml"},
    {"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"},
    {"audio/mp4", "audio/x-m4a", "audio/m4a"},
)
"""Media types that are synonyms (RFC 9239, RFC 7303; the IANA registry)."""
TYPES = mimetypes.MimeTypes()
"""Python's own types: those of the machine (/etc/mime.types) differ between machines, and so would verdicts."""
for extension, kind in {
    ".avif": "image/avif", ".eot": "application/vnd.ms-fontobject", ".js": "text/javascript", ".m4a": "audio/mp4",
    ".mjs": "text/javascript", ".ogg": "audio/ogg", ".otf": "font/otf", ".ttf": "font/ttf", ".webp": "image/webp",
    ".woff": "font/woff", ".woff2": "font/woff2",
}.items():  # fmt: skip
    TYPES.add_type(kind, extension)
ACCEPTED = (
    "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "text/css,*/*;q=0.1",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
)
"""Browsers' Accept headers for a picture, a style sheet, and an address typed by hand (Chromium 140)."""
OFTEN_EACH = OFTEN // 4
REDRAWN = {"image/png", "image/jpeg", "image/gif"}
"""Pictures that a server may deliver in a newer format; SVG must stay SVG."""
NEWER = {"image/webp": (8, b"WEBP"), "image/avif": (4, b"ftyp")}
"""The newer formats, each with an offset and the bytes there (RFC 9649; AV1 Image File Format 1.1)."""
EVERY = "every file that the pages name"
PAGE = "text/html"


def addresses(pages: Mapping[str, str], asset: str, logo: str) -> list[str]:
    """The addresses that a row of the Examples stands for: the logo's, or those of every file that a page names.

    `logo`: the logo's path in this environment; empty if its pages have none, in which case any picture counts.
    """
    named = sorted({urljoin(page, path) for page, text in pages.items() for path in NAMED.findall(text)})
    if asset == EVERY:
        return named
    if logo:
        return [urljoin(next(iter(pages)), logo)]
    return [address for address in named if expected_type(address).startswith("image/")]


def expected_type(address: str) -> str:
    """The media type that a file's name implies; empty if its extension is unknown."""
    return TYPES.guess_type(urlsplit(address).path)[0] or ""


def wrong_type(answer: requests.Response, wanted: str) -> str:
    """What is wrong with an asset's answer; empty if nothing is. A file of unknown type may be anything but a page."""
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
    """Whether a media type fits the wanted one: the same, a synonym, or a newer picture format."""
    redrawn = wanted in REDRAWN and seen in NEWER
    return seen == wanted or redrawn or any({seen, wanted} <= names for names in SAME)


def is_drawn_as(content: bytes, seen: str) -> bool:
    """Whether content of a newer picture format has that format's bytes; other types are not checked."""
    at, sign = NEWER.get(seen, (0, b""))
    return content[at:].startswith(sign)


def asked_for(answer: requests.Response) -> str:
    """The Accept header of an answer's request, in words; empty if it accepted everything."""
    said = answer.request.headers.get("Accept", "*/*")
    return "" if said == "*/*" else f", where {said!r} is taken"


def wrong_in_browser(opened: Opened) -> list[str]:
    """The files that a browser loaded with a page under a media type that does not fit the file's name.

    The page itself is left out, with or without the slash at its end that a site may redirect to, and so are answers
    without a type (304 and the like).
    """
    found = []
    for address, seen in sorted(opened.types.items()):
        wanted = expected_type(address)
        wrong = not is_named(seen, wanted) if wanted else seen == PAGE
        is_page = address.rstrip("/") == opened.url.rstrip("/")
        if not is_page and seen and wrong:
            found.append(f"GET {address} in the browser: {seen!r}, expected {wanted or 'no page'!r}")
    return found


def no_svg(answer: requests.Response) -> str:
    """Why an answer is not an SVG image, or one without a drawing; empty if it is one."""
    try:
        root = xml.etree.ElementTree.fromstring(answer.content)
    except xml.etree.ElementTree.ParseError as error:
        return f"GET {answer.url}: not XML: {error}"
    if root.tag != SVG:
        return f"GET {answer.url}: not SVG but {root.tag}"
    if has_no_room(root) or not any(item.tag.removeprefix(NAMESPACE) in DRAWS for item in root.iter()):
        return f"GET {answer.url}: an SVG image that draws nothing"
    return ""


def has_no_room(root: xml.etree.ElementTree.Element) -> bool:
    """Whether an SVG image is zero wide or high, by its size or by its view box."""
    sizes = [root.get("width", ""), root.get("height", ""), *root.get("viewBox", "").replace(",", " ").split()[2:]]
    return any(re.fullmatch(r"\s*0+(\.0+)?\s*(px|%|em)?\s*", size) for size in sizes)


def wrong_types(web: requests.Session, found: list[str], wanted: str | None = None) -> list[str]:
    """What is wrong with any answer for any asset, each over its own connection.

    `wanted`: the media type of all; by default the one that each file's name implies. Each asset is requested as a
    probe does, and with the Accept headers of browsers.
    """
    ways: list[dict[str, str]] = [{}] * OFTEN + [
        {"Accept": accepted} for accepted in ACCEPTED for _ in range(OFTEN_EACH)
    ]
    answers = [(ask(web, address, **way), wanted or expected_type(address)) for address in found for way in ways]
    return sorted({text for answer, kind in answers if (text := wrong_type(answer, kind))})
