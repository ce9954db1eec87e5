"""A request beside many whose bodies are still on their way, as a service has them on a busy day. Source: 4.8 to 4.10.

A service that serves few at once (a pool of workers that each wait for one client, a limit that counts connections)
makes the others wait, or turns them away, while its machine has nothing to do.
"""

from __future__ import annotations

import collections
import time
from dataclasses import dataclass

import requests

from acceptance.base.environment import Environment
from acceptance.clients import held_requests
from acceptance.clients.web import TIMEOUT, url
from acceptance.drivers.api.slow_requests import cut_off, question, send
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.drivers.network.tls_sockets import trust_of, way_to
from acceptance.infrastructure.contract import Outputs

BEGUN = 1.0
"""Seconds for the requests that are begun to get from Traefik to the pods."""
MAY_BE = {"auth": {429}}
"""Further statuses by host: auth may limit what one client asks (8.10)."""


@dataclass
class Beside:
    """The answers to a request sent alone and beside many, and how often the many got which status."""

    alone: requests.Response
    beside: requests.Response
    many: dict[int, int]

    def describe(self) -> dict[str, object]:
        """The statuses of all of them."""
        return {"alone": self.alone.status_code, "beside the others": self.beside.status_code, "others": self.many}

    def wrong(self, name: str) -> str:
        """What another answer was got for having company, in words; empty if there is none."""
        good = {self.alone.status_code, *MAY_BE.get(name, ())}
        others = {status: count for status, count in self.many.items() if status not in good}
        said = "" if self.beside.status_code in MAY_BE.get(name, ()) else cut_off(self.alone, self.beside)
        return said or (f"{others} (answers by status) where one alone gets {self.alone.status_code}" if others else "")


def ask_beside(
    users: requests.Session, environment: Environment, outputs: Outputs, name: str, count: int
) -> Beside | None:
    """Ask a host alone, and beside `count` requests that lack their last byte, which are ended afterwards.

    None if the host chooses no HTTP/2, over which they are sent. Raises AssertionError if one gets no answer in time.
    """
    (path, body), host = question(environment, name), f"{name}.{environment.domain}"
    address = url(environment.domain, name, path)
    answered(users, "GET", url(environment.domain, name, "/"))
    alone = send(users, address, body)
    try:
        with held_requests.connected(
            way_to(environment, outputs, host), host, trust_of(users), TIMEOUT, count
        ) as others:
            return others and asked(users, address, alone, others, (host, path, body))
    except OSError as error:
        raise AssertionError(f"no answer to {count} requests for {address} at once: {error}") from error


def asked(
    users: requests.Session,
    address: str,
    alone: requests.Response,
    others: held_requests.HeldRequests,
    what: tuple[str, str, bytes],
) -> Beside:
    """The answers beside requests that are begun, and theirs. Raises OSError, or AssertionError without an answer."""
    others.begin(*what)
    # This sleep waits for nothing that can be seen: it is the slowness of the others' lines.
    time.sleep(BEGUN)
    try:
        beside = send(users, address, what[2])
    except AssertionError as error:
        raise AssertionError(f"beside {others.count} requests whose last byte is on its way: {error}") from error
    return Beside(alone, beside, dict(collections.Counter(others.end())))
