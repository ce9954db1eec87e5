"""Visits of pages in a browser, with everything that it loads. Source: 10.5 to 10.9, 12.1."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urljoin

import requests

from acceptance.base.environment import Environment
from acceptance.clients import browser
from acceptance.clients.browser import TABLET, Window
from acceptance.clients.tls import served_chain, verify
from acceptance.clients.web import url
from acceptance.drivers.frontend.devices import tablet_of
from acceptance.drivers.frontend.site import NAMED, Opened, ask, text_of
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.authority import Authority


def open_page(
    web: requests.Session,
    environment: Environment,
    outputs: Outputs,
    authority: Authority,
    path: str,
    profile: Path | None = None,
) -> Opened:
    """Open a page of www; without a browser on this machine, request the page and the files that it refers to.

    `profile`: the folder in which the browser keeps what it remembers of the visit.
    """
    address = url(environment.domain, "www", path)
    answer = answered(web, "GET", address)
    program = browser.find()
    if program is None:
        targets = sorted({urljoin(address, name) for name in NAMED.findall(text_of(answer))})
        statuses = {target: str(web.get(target).status_code) for target in targets}
        return Opened(address, answer, text_of(answer), statuses)
    window = tablet_of(path, environment.services.headings)
    page = in_browser(program, environment, outputs, authority, path, window, profile)
    loads = finished(web, page.resources)
    return Opened(address, answer, page.document, loads, page.console, page.picture, page.types, profile)


def finished(web: requests.Session, resources: dict[str, str]) -> dict[str, str]:
    """`resources`, with the statuses of what the browser did not wait for (prefetched files), requested again.

    Raises requests.RequestException if there is no answer.
    """
    return {
        address: str(ask(web, address).status_code) if outcome == browser.UNFINISHED else outcome
        for address, outcome in resources.items()
    }


def in_browser(
    program: Path,
    environment: Environment,
    outputs: Outputs,
    authority: Authority,
    path: str,
    window: Window = TABLET,
    profile: Path | None = None,
) -> browser.Page:
    """Open a page of www in a browser, after its certificate was verified against the authority."""
    balancer, host = outputs.load_balancer, f"www.{environment.domain}"
    chain = served_chain(balancer.address, balancer.https_port, host)
    verify(chain, host, authority.roots)
    address, target = url(environment.domain, "www", path), f"{balancer.address}:{balancer.https_port}"
    site = {"domain": environment.domain, "address": target}
    return browser.open_page(program, address, **site, trusted=chain.leaf, window=window, profile=profile)
