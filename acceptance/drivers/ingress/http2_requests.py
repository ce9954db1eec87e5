"""Requests over HTTP/2, which browsers use if a server offers it: another path through Traefik. Source: 4.8."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import requests

from acceptance.base.environment import Environment
from acceptance.clients import http2
from acceptance.clients.web import TIMEOUT, url
from acceptance.drivers.ingress.access_log import MarkedRequests, fresh
from acceptance.drivers.ingress.redirects import known_paths
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.drivers.network.tls_sockets import trust_of, way_to
from acceptance.infrastructure.contract import Outputs


def as_usual(_: ssl.SSLContext) -> None:
    """What a current browser offers."""


def older(trust: ssl.SSLContext) -> None:
    """Limit a context to TLS 1.2, which many programs and devices still use."""
    trust.maximum_version = ssl.TLSVersion.TLSv1_2


def common(trust: ssl.SSLContext) -> None:
    """Limit a context to the ciphers of TLS 1.2 that Windows offers, for either kind of key."""
    older(trust)
    trust.set_ciphers("ECDHE+AESGCM")


def newest(trust: ssl.SSLContext) -> None:
    """Limit a context to TLS 1.3: some programs speak nothing older."""
    trust.minimum_version = ssl.TLSVersion.TLSv1_3


def certified(trust: ssl.SSLContext) -> None:
    """Limit a context to the curve P-256, as clients do that may only use what a government has approved (FIPS)."""
    trust.set_ecdh_curve("prime256v1")


CLIENTS: dict[str, Callable[[ssl.SSLContext], None]] = {
    "HTTP/2": as_usual,
    "HTTP/2 and TLS 1.2": older,
    "HTTP/2 and TLS 1.2 with AES-GCM": common,
    "HTTP/2 and TLS 1.3": newest,
    "HTTP/2 and the curve P-256": certified,
}
"""The clients that have to be answered, by what they speak."""


def ask_both(users: requests.Session, environment: Environment, outputs: Outputs, name: str) -> MarkedRequests:
    """Request a known page of a host: over HTTP/1.1, and over HTTP/2 as each of CLIENTS does; all marked.

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
    for how, limited in CLIENTS.items():
        trust = trust_of(users)
        limited(trust)
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


def unlike(marked: MarkedRequests) -> str:
    """The statuses by request, in words, if they differ; empty if they are all the same."""
    seen = {marked.asked[mark]: answer.status_code for mark, answer in marked.answers.items()}
    return "" if len({*seen.values()}) == 1 else f"the statuses {seen}"
