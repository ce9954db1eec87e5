"""Files of the site that browsers keep without asking, although their name stays when their content changes.

Source: 10.5 to 10.8, plan 20.9. What is named after its content may be kept for ever; a page, its text for whoever
follows a link to it, and a picture may not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

import requests

from acceptance.base.environment import Environment
from acceptance.clients.web import url
from acceptance.drivers.frontend.site import FLIGHT, Opened, ask, path_of, text_of, type_of
from acceptance.drivers.frontend.visitors import KEPT
from acceptance.drivers.services.answer_headers import kept_for

Held = dict[str, tuple[str, float]]
"""What browsers keep: digest and seconds, by address."""


def held(web: requests.Session, environment: Environment, export: Iterable[str]) -> Held:
    """The files of an export that browsers may keep for longer than pages."""
    answers = [ask(web, url(environment.domain, "www", path_of(file))) for file in sorted(export)]
    kept = [(answer, kept_for(answer)) for answer in answers if answer.status_code == 200]
    return {str(answer.url): (digest(answer), seconds) for answer, seconds in kept if seconds > KEPT}


def changed(web: requests.Session, kept: Held) -> list[str]:
    """The kept files that are still there with other content, in words: who kept one does not see it."""
    answers = {address: ask(web, address) for address in kept}
    return [
        f"GET {address}: other content, and browsers keep the old one for {seconds:.0f} s"
        for address, (before, seconds) in kept.items()
        if answers[address].status_code == 200 and digest(answers[address]) != before
    ]


def digest(answer: requests.Response) -> str:
    """The SHA-256 digest of an answer's content."""
    return hashlib.sha256(answer.content).hexdigest()


def texts_kept(web: requests.Session, opened: Opened) -> list[str]:
    """The texts by which a page is shown to whoever follows a link, and which browsers keep for too long, in words.

    Next.js loads them from a file beside the page, or in its folder.
    """
    if FLIGHT not in text_of(opened.answer):
        return []
    base = urlsplit(opened.url).path.rstrip("/")
    paths = [f"{base}/index.txt", *([f"{base}.txt"] if base else [])]
    answers = [ask(web, urljoin(opened.url, path)) for path in paths]
    texts = [item for item in answers if item.status_code == 200 and type_of(item) != "text/html"]
    return [f"GET {item.url}: {kept_for(item):.0f} s" for item in texts if kept_for(item) > KEPT]
