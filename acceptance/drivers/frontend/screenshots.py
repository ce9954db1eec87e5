"""What users see of a page: its screenshot, compared with another page's. Source: 10.5 to 10.8, 12.1."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from acceptance.base.deadlines import Deadline
from acceptance.base.environment import Environment
from acceptance.base.waiting import eventually
from acceptance.clients import browser
from acceptance.clients.browser import Window
from acceptance.clients.pictures import differ_clearly
from acceptance.drivers.frontend.devices import phone_of, tablet_of
from acceptance.drivers.frontend.site import Opened
from acceptance.drivers.frontend.visits import in_browser
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.authority import Authority

LOOKED_AT_AGAIN = Deadline(60, "the suite: a picture that was taken before the page was drawn is taken again")
WORDS = ("Seen", "And something else")
CLEARLY = 60
"""By how much of 255 two colours differ at least in a channel if a text in one can be read on the other."""
PIXELS = 100
"""Pixels in which two pages differ at least. A heading alone in small letters (14 pixels) has about 500."""
Visit = Callable[[str], browser.Page]
"""Opens a path of the site, or an address."""


def visitor(
    environment: Environment, outputs: Outputs, authority: Authority, window: Window, profile: Path | None = None
) -> Visit:
    """Someone who opens pages in a window. Raises AssertionError without a browser on this machine."""
    program = browser.find()
    assert program, "no browser on this machine takes screenshots"

    def visit(item: str) -> browser.Page:
        if item.startswith("data:"):
            return browser.open_page(
                program, item, domain=environment.domain, address="127.0.0.1:9", window=window, profile=profile
            )
        return in_browser(program, environment, outputs, authority, item, window, profile)

    return visit


def another(environment: Environment, path: str) -> str:
    """The path of another page of the site, whose heading is different."""
    return next(item for item in environment.services.headings if item != path)


def wait_seen(opened: Opened, environment: Environment, outputs: Outputs, authority: Authority) -> None:
    """Wait until a page looks different from another page of the site, on a tablet and on a telephone.

    Both pages are opened by a browser of the same name, which is the page's.
    """
    path, pages = urlsplit(opened.url).path, environment.services.headings
    tablet, phone = tablet_of(path, pages), phone_of(path, pages)
    taken = {tablet: opened.picture}

    def differs(window: Window) -> bool:
        visit = visitor(environment, outputs, authority, window)
        picture = taken.pop(window, None) or visit(path).picture
        look_different(picture, another(environment, path), lambda item: visit(item).picture)
        return True

    for window in (tablet, phone):
        what = f"visible content at {opened.url} in a window of {window}"
        hint = f"open {opened.url} in a browser that names itself {window.agent}"
        eventually(functools.partial(differs, window), within=LOOKED_AT_AGAIN, what=what, hint=hint)


def look_different(picture: bytes, other: str, take: Callable[[str], bytes]) -> None:
    """Raise AssertionError if a page looks like another page: its content is not visible.

    `take` takes a screenshot of a path or an address. A browser without fonts shows no text on any page, so its
    screenshots prove nothing.
    """
    if not is_another(picture, take(other)):
        first, second = (take(f"data:text/html,<h1>{text}</h1>") for text in WORDS)
        same = f"its screenshot equals that of {other}, or nearly: its own content is not visible"
        assert not is_another(first, second), same


def is_another(first: bytes, second: bytes) -> bool:
    """Whether people see that two pictures are different; for pictures of an unknown form, whether any byte is."""
    try:
        return first != second and differ_clearly(first, second, by=CLEARLY, pixels=PIXELS)
    except ValueError:
        return True
