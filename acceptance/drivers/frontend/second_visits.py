"""A second visit of a page: by a user who has Windows and a large screen, prefers dark pages without animations, reads
German, and follows a link to a part of the page.

One visit for all of these, because each starts a browser. Source: 10.5 to 10.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests

from acceptance.base.environment import Environment
from acceptance.base.waiting import eventually
from acceptance.clients import browser
from acceptance.clients.browser import DESK, UNFINISHED
from acceptance.drivers.frontend.screenshots import LOOKED_AT_AGAIN, another, look_different, visitor
from acceptance.drivers.frontend.site import Opened, heading_of
from acceptance.drivers.frontend.visitors import LINK
from acceptance.drivers.frontend.visits import finished
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.authority import Authority

CUT_OFF = "network error -3"
"""The result of a request that the browser gave up, as when a page moves its visitor on to another language."""
PART = f"{LINK}#from-a-mail"
"""The end of a link of a mail that names a part of the page; one that the page does not have changes nothing."""
CIRCUMSTANCES = (
    f"on a second visit, with a link of a mail to a part of it, {DESK}, with Windows, in dark mode, without animations "
    "and in German"
)


def wait_seen_again(
    opened: Opened, web: requests.Session, environment: Environment, outputs: Outputs, authority: Authority
) -> None:
    """Wait until a page is whole and visible to somebody who comes again, under CIRCUMSTANCES.

    Page and other page are both opened with what the browser kept of the first visit. Raises TimedOut.
    """
    path, headings = urlsplit(opened.url).path, environment.services.headings
    visit = visitor(environment, outputs, authority, DESK, opened.profile)

    def seen() -> bool:
        page = visit(path + PART)
        wrong = wrong_again(page, web, path, headings)
        assert not wrong, "; ".join(wrong)
        look_different(page.picture, another(environment, path) + PART, lambda item: visit(item).picture)
        return True

    what = f"visible content at {opened.url} {CIRCUMSTANCES}"
    hint = f"open {opened.url}{PART} twice in a wide window with Windows, a dark theme and German as the first language"
    eventually(seen, within=LOOKED_AT_AGAIN, what=what, hint=hint)


def wrong_again(page: browser.Page, web: requests.Session, path: str, headings: Mapping[str, str]) -> list[str]:
    """What is wrong with a page that was opened again, in words: what it does not get, or whose heading it has.

    A site may show its page in another language, also at another address, which has to be there. `headings`: by path.
    Raises requests.RequestException if there is no answer.
    """
    outcomes = {address: UNFINISHED if said == CUT_OFF else said for address, said in page.resources.items()}
    found = [
        f"GET {address}: {outcome}"
        for address, outcome in finished(web, outcomes).items()
        if not outcome.startswith(("2", "3"))
    ]
    heading = heading_of(page.document)
    if heading == "none":
        found.append("it has no heading any more")
    if heading in {text for other, text in headings.items() if other != path}:
        found.append(f"it has the heading of another page, {heading!r}")
    return found
