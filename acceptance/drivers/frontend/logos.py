"""Whether a page shows the site's logo: naming its file as the browser's icon is not enough. Source: 10.5 to 10.8."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import requests

from acceptance.drivers.frontend.site import Opened, text_of, type_of

NOT_SHOWN = {"link", "meta", "script", "base", "title"}
"""Elements that show no picture, whatever they name."""
LINKS = {"a", "area"}
"""Elements whose `href` is an address to go to."""
DATA = "data:image/"
"""The beginning of the address of a picture that is within the document."""


class Shown(HTMLParser):
    """What a document names where people see it: its elements' attributes, and its own styles."""

    def __init__(self, document: str):
        super().__init__()
        self.names: list[str] = []
        self.draws = False
        """Whether it has a drawing of its own."""
        self.latest = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element names."""
        self.latest = tag
        self.draws = self.draws or tag == "svg"
        if tag not in NOT_SHOWN:
            self.names += [value or "" for name, value in attrs if not (tag in LINKS and name == "href")]

    def handle_data(self, data: str) -> None:
        """Note what a style names."""
        if self.latest == "style":
            self.names.append(data)


def file_of(logo: str) -> re.Pattern[str]:
    """A pattern of the addresses of a logo's file, also where a build put a digest into its name, or drew it anew."""
    return re.compile(rf"(?<![\w-]){re.escape(PurePosixPath(logo).stem)}(?:[-_.@][\w@-]+)*\.\w+")


def shows_logo(opened: Opened, logo: str, web: requests.Session) -> bool:
    """Whether a page shows its logo: by an element, by a style, or drawn in the document.

    A drawing counts, whatever it is of, and so does a file that the browser loaded: headless, it loads no icons.
    `logo`: the path of the logo's file. Raises requests.RequestException if a style sheet is not answered.
    """
    pattern = file_of(logo)
    for document in (text_of(opened.answer), opened.document):
        found = Shown(document)
        if found.draws or any(DATA in name or pattern.search(unquote(name)) for name in found.names):
            return True
    if opened.picture and any(pattern.search(unquote(urlsplit(address).path)) for address in opened.resources):
        return True
    return any(DATA in sheet or pattern.search(unquote(sheet)) for sheet in sheets(opened, web))


def sheets(opened: Opened, web: requests.Session) -> list[str]:
    """The style sheets that a page loads."""
    found = [address for address in opened.resources if urlsplit(address).path.endswith(".css")]
    return [text_of(answer) for answer in map(web.get, found) if type_of(answer) == "text/css"]
