"""Bounded load in which every request is accounted for: small API writes, and requests through the load balancer."""

from __future__ import annotations

import copy
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

import requests
from kubernetes import client

PAUSE = 0.1
MAXIMUM_SECONDS = 300
ASKED_AT_MOST = 900
"""The most seconds for which requests are sent: longer than any scenario takes."""
REQUEST_TIMEOUT = 3


class Load:
    """An action that threads repeat until they are stopped or a time limit passes."""

    most: float
    """Seconds after which a thread ends by itself: no load runs forever."""
    pause = 0.0
    """Seconds between two times."""
    lines = 1
    last = 15.0
    """Seconds to wait for actions in progress when it is stopped."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.repeat, args=(line,), daemon=True) for line in range(self.lines)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Stop, and wait for the actions in progress."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(self.last)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def once(self) -> None:
        """Do it once, and account for it."""
        raise NotImplementedError

    def repeat(self, line: int) -> None:
        """The loop of one thread; `line` is its number."""
        began = time.monotonic()
        while not self.stopping.is_set() and time.monotonic() - began < self.most:
            self.once()
            self.stopping.wait(self.pause)

    @property
    def ended_early(self) -> bool:
        """Whether a thread has ended without being stopped."""
        return not (self.stopping.is_set() or all(thread.is_alive() for thread in self.threads))


@dataclass
class ApiWriter(Load):
    """Writes ConfigMaps into a namespace until it is stopped, for at most MAXIMUM_SECONDS."""

    api: client.ApiClient
    namespace: str
    acknowledged: list[tuple[float, str]] = field(default_factory=list)
    refused: list[tuple[float, str]] = field(default_factory=list)
    most, pause, last = MAXIMUM_SECONDS, PAUSE, REQUEST_TIMEOUT + 5

    def __post_init__(self) -> None:
        # Its own connections, without retries: a retried refusal would not be counted.
        configuration = copy.copy(self.api.configuration)
        configuration.retries = False
        self.core = client.CoreV1Api(client.ApiClient(configuration))
        super().__init__()

    def once(self) -> None:
        """One write, under a name of its own."""
        number = len(self.acknowledged) + len(self.refused) + 1
        name = f"write-{number}"
        try:
            body: dict[str, Any] = {"metadata": {"name": name}, "data": {"number": str(number)}}
            self.core.create_namespaced_config_map(self.namespace, body, _request_timeout=REQUEST_TIMEOUT)
            self.acknowledged.append((time.monotonic(), name))
        except Exception as error:
            self.refused.append((time.monotonic(), f"{name}: {type(error).__name__} {str(error)[:120]}"))

    def longest_outage(self, since: float, until: float) -> float:
        """The longest time without an acknowledged write between two moments, in seconds."""
        moments = [since, *(moment for moment, _ in self.acknowledged if since <= moment <= until), until]
        return max(later - earlier for earlier, later in itertools.pairwise(moments))


@dataclass
class RequestLoop(Load):
    """Requests one address repeatedly through the load balancer on 127.0.0.1; every answer is accounted for.

    It sends at most 20 requests a second, for at most ASKED_AT_MOST seconds.
    """

    session: requests.Session
    url: str
    answered: int = 0
    lost: list[tuple[float, str]] = field(default_factory=list)
    most, pause = ASKED_AT_MOST, 0.05

    def __post_init__(self) -> None:
        super().__init__()

    def once(self) -> None:
        """One request, over a new connection: a kept one would hide a server that accepts no new ones."""
        try:
            answer = self.session.get(self.url, headers={"Connection": "close"}, timeout=5)
            if answer.status_code == 200:
                self.answered += 1
            else:
                self.lost.append((time.time(), f"HTTP {answer.status_code}"))
        except requests.RequestException as error:
            self.lost.append((time.time(), f"{type(error).__name__}: {str(error)[:160]}"))

    def assert_nothing_lost(self, what: str) -> dict[str, Any]:
        """Raise AssertionError if a request was lost, or fewer than ten were answered; return the figures."""
        assert not self.ended_early, (
            f"expected requests for {self.url} until the end of {what}, but they stopped earlier"
        )
        figures = {"answered": self.answered, "lost": len(self.lost), "losses": self.lost[:20]}
        assert self.answered >= 10, f"expected ten answers or more from {self.url} during {what}, saw {figures}"
        asked = self.answered + len(self.lost)
        assert not self.lost, (
            f"expected an answer to every request for {self.url}, but {len(self.lost)} of {asked} requests were lost "
            f"during {what}: {self.lost[:3]}"
        )
        return figures
