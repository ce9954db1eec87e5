"""Links from pages of the site to other pages, which have to exist. Source: 10.2, 10.5 to 10.8."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import requests

from acceptance.base.environment import Environment
from acceptance.clients.web import url
from acceptance.drivers.frontend.site import path_of, text_of

LINK = re.compile(r"<a\s(?:[^>]*?\s)?href=[\"']?(/(?!/)[^\"'#?>\s]*)", re.IGNORECASE)
"""The path of another page of the site that a page links to; not `//host/...`, which is another site's."""
FILE = re.compile(r"\.\w+$")
NOWHERE = (404, 410)


def links_in(text: str) -> set[str]:
    """The paths of the site's pages that a document links to; files, which other steps request, are left out."""
    return {path for path in map(html.unescape, LINK.findall(text)) if not FILE.search(path)}


def leads_nowhere(answer: requests.Response) -> bool:
    """Whether an answer says that nothing is at its address, or that the server failed. A redirect is no failure."""
    return answer.status_code in NOWHERE or answer.status_code >= 500


def leading_nowhere(web: requests.Session, environment: Environment, export: Mapping[str, str]) -> dict[str, list[str]]:
    """The broken links of the pages of an export, by page; each is followed once.

    Raises requests.RequestException if there is no answer.
    """

    def get(path: str) -> requests.Response:
        return web.get(url(environment.domain, "www", path), headers={"Connection": "close"}, allow_redirects=False)

    found = {file: links_in(text_of(get(path_of(file)))) for file in sorted(export) if file.endswith(".html")}
    dead = {path for path in sorted(set().union(*found.values())) if leads_nowhere(get(path))}
    return {file: sorted(links & dead) for file, links in found.items() if links & dead}
