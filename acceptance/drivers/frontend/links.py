"""Links from pages of the site: whether they lead to what exists, and to what they are called. Source: 10.2."""

from __future__ import annotations

import html
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests

from acceptance.base.environment import Environment
from acceptance.clients.web import url
from acceptance.drivers.frontend.mix_ups import HOME, words_of
from acceptance.drivers.frontend.site import path_of, text_of

LINK = re.compile(r"<a\s(?:[^>]*?\s)?href=[\"']?([^\"'>\s]*)[^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
BASE = re.compile(r"<base\s(?:[^>]*?\s)?href=[\"']?([^\"'>\s]+)", re.IGNORECASE)
"""What a document's links are relative to, if not to its own address."""
FILE = re.compile(r"\.\w+$")
NOWHERE = (404, 410)
HOPS = 5
"""Redirects that are followed from one address of the site to another."""
INNER = ("localhost", "local", "internal", "svc", "lan")
"""The last labels of hosts that are known in a cluster, an office or on one machine only."""
Get = Callable[[str], requests.Response]


@dataclass(frozen=True)
class Link:
    """A link: where it leads, as browsers read it, and what it is called."""

    address: str
    called: str

    @property
    def host(self) -> str:
        """The host that it leads to."""
        return urlsplit(self.address).hostname or ""

    @property
    def path(self) -> str:
        """The path that it leads to."""
        return urlsplit(self.address).path or "/"


def links_in(text: str, page: str) -> list[Link]:
    """The links of the document at the address `page` to other addresses; not those to a part of itself."""
    base = BASE.search(text)
    start = urljoin(page, html.unescape(base[1])) if base else page
    found = [(html.unescape(target), words_of(called)) for target, called in LINK.findall(text)]
    links = [Link(urljoin(start, target), called) for target, called in found if target and target[0] != "#"]
    return [link for link in links if urlsplit(link.address).scheme in ("http", "https")]


def paths_in(links: list[Link], host: str) -> set[str]:
    """The paths of the site's pages that links lead to; files, which other steps request, are left out."""
    return {link.path for link in links if link.host == host and not FILE.search(link.path)}


def is_inner(host: str) -> bool:
    """Whether a host is one that visitors do not reach: of one machine, an office or a cluster."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rstrip(".").rpartition(".")[2] in INNER


def misnamed(links: list[Link], host: str, headings: Mapping[str, str]) -> list[str]:
    """The links that are called like a page of the site and lead to another one, in words.

    `headings`: by path. The home page's is the site's name. A page may have translations below another path.
    """
    pages = {heading.lower(): path for path, heading in headings.items() if path != HOME}
    return [
        f"{link.called!r} leads to {link.path}"
        for link in links
        if (path := pages.get(link.called.lower())) and link.host == host
        if not link.path.rstrip("/").endswith(path.rstrip("/"))
    ]


def leads_nowhere(answer: requests.Response) -> bool:
    """Whether an answer says that nothing is at its address, or that the server failed."""
    return answer.status_code in NOWHERE or answer.status_code >= 500


def end_of(get: Get, path: str, host: str) -> requests.Response:
    """The answer to which redirects within the site lead from a path; the first one that leads elsewhere."""
    answer = get(path)
    for _ in range(HOPS):
        target = urlsplit(urljoin(f"https://{host}{path}", answer.headers.get("Location", "")))
        if not answer.is_redirect or target.hostname != host:
            break
        path = target.path or "/"
        answer = get(path)
    return answer


def leading_nowhere(web: requests.Session, environment: Environment, export: Mapping[str, str]) -> dict[str, list[str]]:
    """The broken or misleading links of the pages of an export, by page; each address is followed once.

    Raises requests.RequestException if there is no answer.
    """
    host, headings = f"www.{environment.domain}", environment.services.headings

    def get(path: str) -> requests.Response:
        return web.get(url(environment.domain, "www", path), headers={"Connection": "close"}, allow_redirects=False)

    pages = {file: path_of(file) for file in sorted(export) if file.endswith(".html")}
    found = {file: links_in(text_of(get(path)), f"https://{host}{path}") for file, path in pages.items()}
    asked = set().union(*(paths_in(links, host) for links in found.values()))
    dead = {path for path in sorted(asked) if leads_nowhere(end_of(get, path, host))}
    said = {
        file: sorted(paths_in(links, host) & dead)
        + sorted(
            {link.address for link in links if is_inner(link.host) and not link.host.endswith(f".{environment.domain}")}
        )
        + misnamed(links, host, headings)
        for file, links in found.items()
    }
    return {file: texts for file, texts in said.items() if texts}
