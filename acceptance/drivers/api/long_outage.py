"""A copy of the backend that is without auth for more than a minute, while other steps go on. Source: 9.11."""

from __future__ import annotations

import secrets
import threading
import time

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.auth_stub import PORT
from acceptance.drivers.api.graphql import Asked, ask
from acceptance.drivers.services.copies import copy_of
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import PodClient

LONG = 65
"""Seconds for which auth has been away when the copy is asked last: some clients give up, or let all in, after 60."""
EVERY = 10
"""Seconds between two queries before that: an outage may be counted by its failures."""
STARTS_AND_ENDS = 180
"""The most seconds that a copy takes to start and to end."""


class LongOutage:
    """A copy whose auth has a name that no DNS server knows, asked for protected data from its start on."""

    def __init__(self, backend: Service, through: PodClient, settings: ServiceSettings):
        self.backend, self.through, self.settings = backend, through, settings
        self.seen: list[Asked] = []
        self.failed: list[Exception] = []
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def __enter__(self) -> LongOutage:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        if self.thread:
            self.thread.join(STARTS_AND_ENDS)

    def start(self, token: str) -> None:
        """Make the copy in a thread, and ask it with a token that auth would accept until LONG seconds have passed."""
        self.thread = threading.Thread(target=self.run, args=(token,), daemon=True)
        self.thread.start()

    def run(self, token: str) -> None:
        """The thread."""
        nobody = f"http://auth-{secrets.token_hex(4)}.{self.through.namespace.name}.svc.cluster.local:{PORT}"
        try:
            with copy_of(self.backend, {"AUTH_SERVICE_URL": nobody}) as copy:
                api, began = copy.api(self.through), time.monotonic()
                while not self.stopping.is_set():
                    # What is asked last is asked when the time is up.
                    is_last = time.monotonic() - began >= LONG
                    self.seen.append(ask(api, self.settings, self.settings.protected_query, token))
                    if is_last:
                        return
                    self.stopping.wait(min(EVERY, max(0.0, began + LONG - time.monotonic())))
        except Exception as error:
            self.failed.append(error)

    def answers(self) -> list[Asked]:
        """All its answers, once auth has been away for LONG seconds. Raises what kept the copy from being asked."""
        assert self.thread, "expected the copy without auth to be started before it is judged"
        self.thread.join(LONG + STARTS_AND_ENDS)
        if self.failed:
            raise self.failed[0]
        assert self.seen and not self.thread.is_alive(), f"expected a copy without auth to be asked for {LONG} s"
        return self.seen
