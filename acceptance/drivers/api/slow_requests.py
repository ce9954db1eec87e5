"""Requests whose bodies take seconds to arrive, as over a slow mobile connection. Source: 4.8 to 4.10, 14.1."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import requests

from acceptance.base.environment import Environment
from acceptance.clients.web import url
from acceptance.drivers.api.graphql import TYPENAME
from acceptance.drivers.ingress.access_log import NOT_REACHED
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.drivers.network.load import ASKED_AT_MOST, Load
from acceptance.drivers.services.service import in_words

PIECES = 10
LINES = 6
"""Concurrent slow requests: enough for each of two pods to be receiving some whenever it stops."""
PADDING = 48 * 1024
"""Bytes of white space in a body: Traefik forwards 4 KiB at a time, so the pod sees a longer request early."""
TIMED_OUT = 408
"""The status with which a server stops waiting for a request."""


class Slowly:
    """A body sent in PIECES over `seconds`. Its length is known, as not every service accepts chunked bodies."""

    def __init__(self, data: bytes, seconds: float):
        self.data, self.seconds = data, seconds

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[bytes]:
        size = -(-len(self.data) // PIECES)
        for start in range(0, len(self.data), size):
            if start:
                # This sleep waits for no condition: it simulates a slow connection.
                time.sleep(self.seconds / (PIECES - 1))
            yield self.data[start : start + size]


def question(environment: Environment, name: str) -> tuple[str, bytes]:
    """Path and body of a POST to a host; `/` where its service has no path that takes a body."""
    services = environment.services
    paths = {"api": services.graphql_path, "auth": services.validate_path}
    body = {"query": TYPENAME} if name == "api" else {"token": "none"}
    return paths.get(name, "/"), json.dumps(body).encode()


def send_both(
    users: requests.Session, environment: Environment, name: str, seconds: float
) -> tuple[requests.Response, requests.Response]:
    """The answers to the same request sent at once and sent slowly. Raises AssertionError if either has no answer."""
    path, body = question(environment, name)
    address = url(environment.domain, name, path)
    answered(users, "GET", url(environment.domain, name, "/"))
    return send(users, address, body), send(users, address, Slowly(body, seconds))


def send(users: requests.Session, address: str, body: bytes | Slowly) -> requests.Response:
    """The answer to a POST of JSON. Raises AssertionError if there is none."""
    headers = {"Content-Type": "application/json"}
    try:
        # No `Connection: close`: a server that answers early would close the connection before the rest is sent.
        return users.post(address, data=body, headers=headers, allow_redirects=False)
    except requests.RequestException as error:
        how = "slowly" if isinstance(body, Slowly) else "at once"
        raise AssertionError(f"no answer to POST {address}, sent {how}: {error}") from error


def cut_off(at_once: requests.Response, slowly: requests.Response) -> str:
    """How the answer to a slow request differs from that to a fast one; empty if it does not."""
    given_up = slowly.status_code in (TIMED_OUT, *NOT_REACHED)
    if slowly.status_code == at_once.status_code and not given_up:
        return ""
    return f"{in_words(slowly)}; sent at once, {in_words(at_once)}"


def wrong_answer(users: requests.Session, address: str, body: Slowly, at_once: requests.Response) -> str:
    """How the answer to a slow request differs from that to a fast one, or is missing; or empty."""
    try:
        return cut_off(at_once, send(users, address, body))
    except AssertionError as error:
        return str(error)


def padded(body: bytes) -> bytes:
    """The same JSON object, padded with white space so that each of PIECES is forwarded as it arrives."""
    return body[:-1] + b" " * PADDING + body[-1:]


class SlowLoop(Load):
    """LINES concurrent threads, each of which sends requests of `seconds` one after another until it is stopped."""

    most, lines = ASKED_AT_MOST, LINES

    def __init__(self, users: requests.Session, address: str, body: bytes, seconds: float):
        self.users, self.address, self.body, self.seconds = users, address, padded(body), seconds
        self.at_once = send(users, address, self.body)
        self.answered = 0
        self.lost: list[str] = []
        self.last = seconds * 2
        super().__init__()

    def repeat(self, line: int) -> None:
        """The threads start at intervals."""
        self.stopping.wait(line * self.seconds / LINES)
        super().repeat(line)

    def once(self) -> None:
        """One request that takes its time, held against the answer to the one sent at once."""
        wrong = wrong_answer(self.users, self.address, Slowly(self.body, self.seconds), self.at_once)
        self.answered += not wrong
        self.lost += [wrong] if wrong else []

    def assert_nothing_lost(self) -> dict[str, int]:
        """Wait for the last answers; return the numbers answered and lost.

        Raises AssertionError if a request was lost, or if too few were answered.
        """
        self.stop()
        asked = self.answered + len(self.lost)
        assert not self.lost, (
            f"expected each slow request to {self.address} to be answered, but {len(self.lost)} of {asked} "
            f"requests that took {self.seconds} s to arrive were cut off: {self.lost[:3]}"
        )
        assert self.answered >= LINES, f"expected {LINES} answers or more, saw {self.answered} from {self.address}"
        return {"answered": self.answered, "lost": len(self.lost)}
