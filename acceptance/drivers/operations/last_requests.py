"""The last requests of a service's pod: those in flight when it is deleted. Source: 14.1, 14.4.

A copy of the service is deleted, in a thread of its own, so that no other scenario has to wait for the service.
"""

from __future__ import annotations

import threading
import time

import requests

from acceptance.base.deadlines import HEALTHY_AGAIN
from acceptance.base.environment import Environment
from acceptance.base.waiting import eventually
from acceptance.drivers.api.slow_requests import LINES, Slowly, padded, question, send, wrong_answer
from acceptance.drivers.services.copies import Copy, copy_of
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import PodClient

BEGUN = 3
"""Seconds after which requests have begun: far less than a preStop hook and a request take."""
STARTS_AND_ENDS = 240
"""The most seconds that a copy takes to start and to end; the deadlines within add up to less."""


class TakenAway:
    """A copy of a service that ends as the service's pods do, deleted while LINES requests are on their way to it."""

    def __init__(self, service: Service, through: PodClient, environment: Environment, seconds: float):
        self.service, self.through, self.seconds = service, through, seconds
        self.path, body = question(environment, service.name.removesuffix("-service"))
        self.body = padded(body)
        self.answered = 0
        self.lost: list[str] = []
        self.failed: list[Exception] = []
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> TakenAway:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.thread.join(self.seconds + STARTS_AND_ENDS)

    def run(self) -> None:
        """The thread: make the copy, send requests, delete the copy, and wait for the answers."""
        try:
            with requests.Session() as users:
                users.trust_env = False
                with copy_of(self.service, {}, ends_alike=True) as copy:
                    lines = self.begin(users, copy)
                    # This sleep waits for no condition: requests that have hardly begun would be refused, not cut off.
                    time.sleep(BEGUN)
                for line in lines:
                    line.join(self.seconds * 2)
        except Exception as error:
            self.failed.append(error)

    def begin(self, users: requests.Session, copy: Copy) -> list[threading.Thread]:
        """Ask once, as network policies may know the new pod a moment later; then send slowly, each in a thread."""
        address = f"{copy.api(self.through).base}{self.path}"
        what = f"an answer of {copy.name}"
        at_once = eventually(lambda: send(users, address, self.body), within=HEALTHY_AGAIN, what=what)
        lines = [threading.Thread(target=self.ask, args=(users, at_once), daemon=True) for _ in range(LINES)]
        for line in lines:
            line.start()
        return lines

    def ask(self, users: requests.Session, at_once: requests.Response) -> None:
        """Send one request that takes its time; note whether it got the same answer as the one sent at once."""
        wrong = wrong_answer(users, str(at_once.url), Slowly(self.body, self.seconds), at_once)
        self.answered += not wrong
        self.lost += [wrong] if wrong else []

    def assert_nothing_lost(self) -> dict[str, int]:
        """Wait for the last answers; return how many there are.

        Raises AssertionError if a request was cut or has no answer yet, or what kept the copy from being asked.
        """
        self.__exit__()
        if self.failed:
            raise self.failed[0]
        name = self.service.name
        assert not self.lost, (
            f"expected a deleted pod of {name} to finish the requests that have begun, but {len(self.lost)} of "
            f"{LINES} that took {self.seconds} s to arrive were cut off: {self.lost[:3]}"
        )
        assert self.answered == LINES, f"expected {LINES} answers of a pod of {name} that ends, saw {self.answered}"
        return {"answered": self.answered}
