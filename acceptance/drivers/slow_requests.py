"""Requests whose bodies take seconds to arrive, as from a phone with a weak signal. Source: 4.8 to 4.10."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import requests

from acceptance.base.environment import Environment
from acceptance.clients.web import url
from acceptance.drivers.asked import NOT_REACHED
from acceptance.drivers.graphql import TYPENAME
from acceptance.drivers.routing import answered
from acceptance.drivers.services import in_words

PIECES = 10
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
            # No wait for anything: this is how slow the line is.
            time.sleep(self.seconds / PIECES)
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
