"""How the browser names itself at each page of the site: each name is tried at one page at least.

A script may send the visitors of one browser elsewhere. A start of the browser for each name and page would take long.
Source: 10.5 to 10.8, 12.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from acceptance.clients.browser import FIREFOX, IPHONE, MAC, MOBILE, PHONE, SAFARI, TABLET, Window

TABLETS, PHONES = (MAC, SAFARI, MAC, FIREFOX), (IPHONE, MOBILE)
"""The names on a tablet's screen and on a telephone's, for one page of the site after the other."""


def tablet_of(path: str, pages: Iterable[str]) -> Window:
    """The tablet that a page is opened on. `pages`: the paths of the site's pages."""
    return replace(TABLET, agent=of_page(path, pages, TABLETS))


def phone_of(path: str, pages: Iterable[str]) -> Window:
    """The telephone that a page is opened on. `pages`: the paths of the site's pages."""
    return replace(PHONE, agent=of_page(path, pages, PHONES))


def of_page(path: str, pages: Iterable[str], names: tuple[str, ...]) -> str:
    """The browser's name at a page; the first one at a path that is none of the site's pages."""
    known = [*pages]
    return names[known.index(path) % len(names)] if path in known else names[0]
