"""What users see of a page: its screenshot, compared with another page's. Source: 10.5 to 10.8, 12.1."""

from __future__ import annotations

import functools
from collections.abc import Callable
from urllib.parse import urlsplit

from acceptance.base.deadlines import Deadline
from acceptance.base.environment import Environment
from acceptance.base.waiting import eventually
from acceptance.clients import browser
from acceptance.drivers.frontend.site import Opened, in_browser
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.authority import Authority

LOOKED_AT_AGAIN = Deadline(60, "the suite: a picture that was taken before the page was drawn is taken again")
WORDS = ("Seen", "And something else")
Take = Callable[[str], bytes]
"""Takes a screenshot of a path of the site, or of an address."""


def wait_seen(opened: Opened, environment: Environment, outputs: Outputs, authority: Authority) -> None:
    """Wait until a page looks different from another page of the site, whose heading is different."""
    program = browser.find()
    assert program and opened.picture, f"no browser took a screenshot of {opened.url}"
    path = urlsplit(opened.url).path
    other = next(item for item in environment.services.headings if item != path)

    def take(item: str, size: tuple[int, int]) -> bytes:
        if item.startswith("data:"):
            return browser.open_page(program, item, domain=environment.domain, address="127.0.0.1:9", size=size).picture
        return in_browser(program, environment, outputs, authority, item, size).picture

    taken = {browser.DESK: opened.picture}

    def differs(size: tuple[int, int]) -> bool:
        picture = taken.pop(size) if size in taken else take(path, size)
        look_different(picture, other, functools.partial(take, size=size))
        return True

    for size in (browser.DESK, browser.PHONE):
        what = f"visible content at {opened.url} in a window of {size[0]} by {size[1]} pixels"
        eventually(functools.partial(differs, size), within=LOOKED_AT_AGAIN, what=what, hint=f"open {opened.url}")


def wait_seen_when_dark(opened: Opened, environment: Environment, outputs: Outputs, authority: Authority) -> None:
    """Wait until a page looks right to people whose devices ask for dark pages.

    It looks as it does to all others, or different from another page of the site, as in `wait_seen`.
    """
    program = browser.find()
    assert program and opened.picture, f"no browser took a screenshot of {opened.url}"
    path, size = urlsplit(opened.url).path, browser.DARK
    other = next(item for item in environment.services.headings if item != path)

    def take(item: str) -> bytes:
        if item.startswith("data:"):
            return browser.open_page(program, item, domain=environment.domain, address="127.0.0.1:9", size=size).picture
        return in_browser(program, environment, outputs, authority, item, size).picture

    def seen() -> bool:
        seen_when_dark(opened.picture or b"", path, other, take)
        return True

    what = f"visible content at {opened.url} in dark mode (prefers-color-scheme: dark)"
    eventually(seen, within=LOOKED_AT_AGAIN, what=what, hint=f"open {opened.url} with a dark theme")


def seen_when_dark(light: bytes, path: str, other: str, take: Take) -> None:
    """Raise AssertionError if a page's picture in the dark differs from that in the light, and is another page's."""
    if (picture := take(path)) != light:
        look_different(picture, other, take)


def look_different(picture: bytes, other: str, take: Take) -> None:
    """Raise AssertionError if a page looks exactly like another page: its content is not visible.

    A browser without fonts shows no text on any page, so its screenshots prove nothing.
    """
    if picture == take(other):
        first, second = (take(f"data:text/html,<h1>{text}</h1>") for text in WORDS)
        assert first == second, f"its screenshot equals that of {other}: its own content is not visible"
