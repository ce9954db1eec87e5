"""Requests whose bodies take seconds to arrive, as from a phone with a weak signal. Source: 4.8 to 4.10, 14.1."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import requests

from acceptance.base.environment import Environment
from acceptance.clients.web import url
from acceptance.drivers.api.graphql import TYPENAME
from acceptance.drivers.ingress.access_log import NOT_REACHED
from acceptance.drivers.ingress.scenario_routes import answered
from acceptance.drivers.services.service import in_words

PIECES = 10
LINES = 6
"""Requests that come slowly at a time: enough for each of two pods to be in the middle of some, whenever it ends."""
PADDING = 48 * 1024
"""Bytes of white space in a body: Traefik passes a request on by 4 KiB, so that a pod knows of a longer one early."""
TIMED_OUT = 408
"""What a server answers when it stops waiting for a request."""


class Slowly:
    """A body that takes `seconds` to be sent, in PIECES. Its length is known: not every service takes it in chunks."""

    def __init__(self, data: bytes, seconds: float):
        self.data, self.seconds = data, seconds

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[bytes]:
        size = -(-len(self.data) // PIECES)
        for start in range(0, len(self.data), size):
            if start:
                # No wait for anything: this is how slow the line is.
                time.sleep(self.seconds / (PIECES - 1))
            yield self.data[start : start + size]


def question(environment: Environment, name: str) -> tuple[str, bytes]:
    """What a host is sent that has a body: the path that takes one, where its service has such, and the body."""
    services = environment.services
    paths = {"api": services.graphql_path, "auth": services.validate_path}
    body = {"query": TYPENAME} if name == "api" else {"token": "none"}
    return paths.get(name, "/"), json.dumps(body).encode()


def send_both(
    users: requests.Session, environment: Environment, name: str, seconds: float
) -> tuple[requests.Response, requests.Response]:
    """The answers to the same request, sent at once and sent slowly. Raises AssertionError if one has no answer."""
    path, body = question(environment, name)
    address = url(environment.domain, name, path)
    answered(users, "GET", url(environment.domain, name, "/"))
    return send(users, address, body), send(users, address, Slowly(body, seconds))


def send(users: requests.Session, address: str, body: bytes | Slowly) -> requests.Response:
    """The answer to a POST of JSON. Raises AssertionError if there is none."""
    headers = {"Content-Type": "application/json"}
    try:
        # Without `Connection: close`, for a server that answers before it has read all would then hang up on the rest.
        return users.post(address, data=body, headers=headers, allow_redirects=False)
    except requests.RequestException as error:
        how = "slowly" if isinstance(body, Slowly) else "at once"
        raise AssertionError(f"no answer to POST {address}, sent {how}: {error}") from error


def cut_off(at_once: requests.Response, slowly: requests.Response) -> str:
    """How a request that was sent slowly fared worse than the same sent at once; nothing if it did not."""
    given_up = slowly.status_code in (TIMED_OUT, *NOT_REACHED)
    if slowly.status_code == at_once.status_code and not given_up:
        return ""
    return f"{in_words(slowly)}; sent at once, {in_words(at_once)}"


def padded(body: bytes) -> bytes:
    """The same JSON object with so much white space before its end that each of PIECES is passed on as it comes."""
    return body[:-1] + b" " * PADDING + body[-1:]


class SlowLoop:
    """LINES requests at a time that take `seconds` to come, one after the other until it is stopped."""

    def __init__(self, users: requests.Session, address: str, body: bytes, seconds: float):
        self.users, self.address, self.body, self.seconds = users, address, padded(body), seconds
        self.at_once = send(users, address, self.body)
        self.answered = 0
        self.lost: list[str] = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.ask_all, args=(line,), daemon=True) for line in range(LINES)]

    def __enter__(self) -> SlowLoop:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(self.seconds * 2)

    def ask_all(self, line: int) -> None:
        """The loop of a thread; each begins a while after the one before it."""
        self.stopping.wait(line * self.seconds / LINES)
        while not self.stopping.is_set():
            try:
                wrong = cut_off(self.at_once, send(self.users, self.address, Slowly(self.body, self.seconds)))
            except AssertionError as error:
                wrong = str(error)
            self.answered += not wrong
            self.lost += [wrong] if wrong else []

    def assert_nothing_lost(self) -> dict[str, int]:
        """Wait for the last answers. Raise AssertionError if a request was lost, or few came; return the figures."""
        self.__exit__()
        asked = self.answered + len(self.lost)
        assert not self.lost, (
            f"{len(self.lost)} of {asked} requests that took {self.seconds} s to come were cut: {self.lost[:3]}"
        )
        assert self.answered >= LINES, f"expected {LINES} answers or more, saw {self.answered}"
        return {"answered": self.answered, "lost": len(self.lost)}
