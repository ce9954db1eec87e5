"""Requests over HTTP/2, which browsers use if a server offers it: another path through Traefik. Source: 4.8."""

from __future__ import annotations

import ssl

import requests

from acceptance.base.environment import Environment
from acceptance.clients import http2
from acceptance.clients.web import TIMEOUT, url
from acceptance.drivers.ingress.access_log import MarkedRequests, fresh
from acceptance.drivers.ingress.redirects import known_paths
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.drivers.network.tls_sockets import trust_of, way_to
from acceptance.infrastructure.contract import Outputs


def ask_both(users: requests.Session, environment: Environment, outputs: Outputs, name: str) -> MarkedRequests:
    """Request a known page of a host: over HTTP/1.1, and over HTTP/2 as new and old browsers do; all marked.

    Another client writes the host as it was typed, with the port: neither makes a difference (RFC 9110, 4.2.3). If the
    host does not choose HTTP/2, browsers use HTTP/1.1, which is covered already. Raises AssertionError if there is no
    answer.
    """
    host, path = f"{name}.{environment.domain}", known_paths(environment)[name][0]
    address, where = url(environment.domain, name, path), way_to(environment, outputs, host)
    answered(users, "GET", url(environment.domain, name, "/"))
    marked = MarkedRequests()
    marked.send(users, "GET", address)
    spelt = f"{host.upper()}:443"
    mark = marked.new(f"GET {address} with the Host {spelt}")
    marked.answers[mark] = fresh(users, "GET", f"{address}?{mark}", headers={"Host": spelt})
    for how, trust in (("HTTP/2", trust_of(users)), ("HTTP/2 and TLS 1.2", older(trust_of(users)))):
        mark = marked.new(f"GET {address} over {how}")
        try:
            protocol, status = http2.get(where, host, f"{path}?{mark}", trust, TIMEOUT)
        except OSError as error:
            raise AssertionError(f"no answer to {marked.asked[mark]}: {error}") from error
        if protocol == "h2":
            marked.answers[mark] = requests.Response()
            marked.answers[mark].status_code = status
        else:
            del marked.asked[mark]
    return marked


def older(trust: ssl.SSLContext) -> ssl.SSLContext:
    """The same context, limited to TLS 1.2, which many programs and devices still use."""
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    return trust


def unlike(marked: MarkedRequests) -> str:
    """The statuses by request, in words, if they differ; empty if they are all the same."""
    seen = {marked.asked[mark]: answer.status_code for mark, answer in marked.answers.items()}
    return "" if len({*seen.values()}) == 1 else f"the statuses {seen}"
