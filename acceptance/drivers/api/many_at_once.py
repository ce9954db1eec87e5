"""A request while many others are still sending their bodies, as on a busy day. Source: 4.8 to 4.10.

A service that serves few at once (a pool of workers that each wait for one client, a limit that counts connections)
makes the others wait, or turns them away, while its machine has nothing to do; one that does not give back what it took
for a client who hangs up serves fewer each time.
"""

from __future__ import annotations

import collections
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

from acceptance.base.environment import Environment
from acceptance.clients import held_requests
from acceptance.clients.held_requests import HeldRequests
from acceptance.clients.web import TIMEOUT, url
from acceptance.drivers.api.slow_requests import cut_off, question, send
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.drivers.network.tls_sockets import trust_of, way_to
from acceptance.infrastructure.contract import Outputs

Ask = Callable[[], requests.Response]
"""Sends the request, and returns its answer. Raises AssertionError if there is none."""
BEGUN = 1.0
"""Seconds for the requests that are begun to get from Traefik to the pods."""
MAY_BE = {"auth": {429}}
"""Further statuses by host: auth may limit what one client asks (8.10)."""


@dataclass
class Beside:
    """The answers of a host (`name`) to a request sent alone, beside many, and when some of these had hung up.

    `many`: how often the others got which status.
    """

    name: str
    alone: requests.Response
    beside: requests.Response
    after: requests.Response
    many: dict[int, int]

    def describe(self) -> dict[str, object]:
        """The statuses of all of them."""
        seen = {"alone": self.alone, "beside the others": self.beside, "after some hung up": self.after}
        return {when: answer.status_code for when, answer in seen.items()} | {"others": self.many}

    def wrong(self) -> str:
        """How an answer differed because of the other requests, in words; empty if none did."""
        good = {self.alone.status_code, *MAY_BE.get(self.name, ())}
        others = {status: count for status, count in self.many.items() if status not in good}
        return self.unlike_alone(self.beside) or (f"{others} (answers by status) for the others" if others else "")

    def left_behind(self) -> str:
        """How the answer differed after some clients had disconnected, in words; empty if it did not."""
        return self.unlike_alone(self.after)

    def unlike_alone(self, answer: requests.Response) -> str:
        """How an answer differs from that to the same request alone, in words; empty if it may be so."""
        return "" if answer.status_code in MAY_BE.get(self.name, ()) else cut_off(self.alone, answer)


def ask_beside(
    users: requests.Session, environment: Environment, outputs: Outputs, name: str, count: int
) -> Beside | None:
    """Ask a host alone, and beside `count` requests that lack their last byte: half of them are then ended, half cut.

    None if the host chooses no HTTP/2, over which they are sent. Raises AssertionError if one gets no answer in time.
    """
    (path, body), host = question(environment, name), f"{name}.{environment.domain}"
    address = url(environment.domain, name, path)
    answered(users, "GET", url(environment.domain, name, "/"))
    alone = send(users, address, body)
    way = (way_to(environment, outputs, host), host, trust_of(users), TIMEOUT, count // 2)
    try:
        with held_requests.connected(*way) as kept, held_requests.connected(*way) as cut:
            if not (kept and cut):
                return None
            for others in (kept, cut):
                others.begin(host, path, body)
            return Beside(name, alone, *beside_others(functools.partial(send, users, address, body), kept, cut))
    except OSError as error:
        raise AssertionError(f"no answer to {count} requests for {address} at once: {error}") from error


def beside_others(
    ask: Ask, kept: HeldRequests, cut: HeldRequests
) -> tuple[requests.Response, requests.Response, dict[int, int]]:
    """The answers to a request beside those that are begun, and after `cut` hung up; and how the others were answered.

    Of `cut`, those are counted that were answered early: turned away, most likely.

    Raises OSError, or AssertionError without an answer.
    """
    # This sleep waits for no condition: it simulates the other clients' slow connections.
    time.sleep(BEGUN)
    beside = said(ask, f"beside {kept.count + cut.count} requests whose last byte is on its way")
    early = cut.so_far()
    cut.hang_up()
    many = dict(collections.Counter(early + kept.end()))
    return beside, said(ask, f"after {cut.count} requests were cut by their clients"), many


def said(ask: Ask, when: str) -> requests.Response:
    """The answer. Raises AssertionError that says when there was none."""
    try:
        return ask()
    except AssertionError as error:
        raise AssertionError(f"{when}: {error}") from error
