"""Requests over HTTP/2, which browsers use if a server offers it: another path through Traefik. Source: 4.8."""

from __future__ import annotations

import requests

from acceptance.base.environment import Environment
from acceptance.clients import http2
from acceptance.clients.web import TIMEOUT, url
from acceptance.drivers.asked import Marked
from acceptance.drivers.over_tls import trust_of, way_to
from acceptance.drivers.redirects import known_paths
from acceptance.drivers.routing import answered
from acceptance.infrastructure.contract import Outputs


def ask_both(users: requests.Session, environment: Environment, outputs: Outputs, name: str) -> Marked:
    """Ask a host for a page that it is known to have, over HTTP/1.1 and, where it chooses that, HTTP/2; both marked.

    Raises AssertionError if a browser's request has no answer.
    """
    host, path = f"{name}.{environment.domain}", known_paths(environment)[name][0]
    answered(users, "GET", url(environment.domain, name, "/"))
    marked = Marked()
    marked.send(users, "GET", url(environment.domain, name, path))
    mark = marked.new(f"GET {url(environment.domain, name, path)} over HTTP/2")
    try:
        where = way_to(environment, outputs, host)
        protocol, status = http2.get(where, host, f"{path}?{mark}", trust_of(users), TIMEOUT)
    except OSError as error:
        raise AssertionError(f"no answer to {marked.asked[mark]}: {error}") from error
    if protocol == "h2":
        marked.answers[mark] = requests.Response()
        marked.answers[mark].status_code = status
    else:
        del marked.asked[mark]
    return marked


def unlike(marked: Marked) -> str:
    """The statuses by request, if they are not all the same; nothing if they are."""
    seen = {marked.asked[mark]: answer.status_code for mark, answer in marked.answers.items()}
    return "" if len({*seen.values()}) == 1 else f"the statuses {seen}"
