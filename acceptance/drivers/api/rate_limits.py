"""Clients that auth's rate limit tells apart, as the services of the environment do. Source: 8.10."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.sign_in import LOGS
from acceptance.drivers.services.service import Api, in_words
from acceptance.drivers.workloads.pods import PodClient

MAXIMUM = 100
"""Calls after which a client stops expecting to be refused."""
EMPTY = {"message": "", "signature": ""}
MARGIN = 5
"""Seconds by which a counter may outlive what its client was told: both are rounded, and are read after each other."""
FORGED = {
    "X-Forwarded-For": "{}", "X-Real-Ip": "{}", "Forwarded": "for={}", "X-Client-Ip": "{}", "True-Client-Ip": "{}",
    "CF-Connecting-IP": "{}", "X-Originating-Ip": "{}",
}  # fmt: skip
"""What a client may say of itself, and how: it is no reason to be taken for another."""
AT_ONCE = 8
"""Calls at a time: enough for two of them to be between reading and writing a counter at each of two pods."""
NEVER = -1
"""What Redis says of the end of a key that has none."""


@dataclass(frozen=True)
class End:
    """When a counter ends, as Redis says it: in how many seconds, and at which second (Unix time)."""

    left: int
    at: int


def wrong_end(told: int, refused: End, later: End) -> str:
    """What is wrong with the end of a refused client's counter, when it was refused and later; empty if nothing.

    `told`: the seconds of its Retry-After. A counter that has gone meanwhile has ended, as it should.
    """
    if NEVER in (refused.at, later.at):
        return "it never ends, so that the client is shut out for ever"
    if refused.left > told + MARGIN:
        return f"it ends {refused.left} s after the client was refused, who was told to come after {told} s"
    if later.at > refused.at + 1:
        return f"it ends {later.at - refused.at} s later than before, for the client went on calling"
    return ""


def wrong_count(limit: int, calls: int, served: int, counter: int | None) -> str:
    """What is wrong after a client called `calls` times, more than `limit`, many of them at once; empty if nothing.

    `served`: how many of its calls were not answered with 429. Calls that are refused need not be counted, but one is.
    """
    if served > limit:
        return f"{served} of {calls} calls were served, where the limit for calls one after another is {limit}"
    if counter is None or not limit < counter <= calls:
        return f"it is {counter} after {calls} calls, where the limit is {limit}"
    return ""


class RateClient:
    """A client that the rate limit tells from all others: by a header of its own, or by its address."""

    def __init__(self, api: Api, settings: ServiceSettings, redis: PodClient, name: str, *, by_header: bool):
        self.api, self.settings, self.redis = api, settings, redis
        self.headers = {settings.client_header: name} if by_header else {}
        self.key = settings.rate_limit_key.format(client=name)
        self.calls = 0
        self.counted: dict[int, int | None] = {}
        self.last: Any = None
        self.refused = End(NEVER, NEVER)
        self.served = 0

    def call(self, forged: Mapping[str, str] | None = None) -> int:
        """Ask the criterion's own route once, with a sign-in that is refused but counted; return the status."""
        self.last = self.api.post(self.settings.siwe_path, EMPTY, headers={**(forged or {}), **self.headers})
        self.calls += 1
        return int(self.last.status_code)

    def ask_nonce(self) -> int:
        """Ask for what a sign-in begins with, a nonce or a challenge, once; return the status."""
        path = self.settings.nonce_path
        if self.settings.sign_in == "challenge":
            self.last = self.api.post(path, {"address": f"0x{secrets.token_hex(20)}"}, headers=self.headers)
        else:
            self.last = self.api.get(path, headers=self.headers)
        return int(self.last.status_code)

    def forge(self, other: RateClient) -> list[str]:
        """What goes wrong while this client, refused a moment ago, says in every way of FORGED that it is another one.

        Of clients that a header tells apart. Where their address does, they call from inside the cluster, whose word
        auth may take: what those outside say of it, Traefik replaces (`traefik_options.believes`).
        """
        own = self.settings.client_header
        if not own:
            return []
        forged = {name: form.format(other.headers[own]) for name, form in FORGED.items() if name.lower() != own.lower()}
        # All at once: one at a time would take longer than a counter lasts where Redis is asked slowly.
        status = self.call(forged)
        wrong = [] if status == 429 else [f"it was answered {status}"]
        return wrong + (["it was counted as the other"] if other.counter() is not None else [])

    def call_at_once(self, count: int) -> int:
        """Call so often, AT_ONCE calls at a time; return how many were not answered with 429.

        Raises AssertionError for a call that is answered with 5xx.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            send = self.api.post
            answers = [pool.submit(send, self.settings.siwe_path, EMPTY, headers=self.headers) for _ in range(count)]
            seen = [item.result() for item in answers]
        self.calls += count
        broken = [in_words(answer) for answer in seen if answer.status_code >= 500]
        assert not broken, f"expected each of {count} calls at once to be answered, saw {broken[0]}. Try: {LOGS}"
        return sum(answer.status_code != 429 for answer in seen)

    def call_until_refused(self) -> None:
        """Call until the status is 429, at most MAXIMUM times, and look at the counter now and then."""
        while self.calls < MAXIMUM and self.call() != 429:
            if self.calls in (1, 2, 5, 10):
                self.counted[self.calls] = self.counter()
        self.counted[self.calls] = self.counter()
        self.served = self.calls - 1
        self.refused = self.end()

    def end(self) -> End:
        """When its counter ends."""
        left, at = (as_json(self.redis("redis", "env:REDIS_URL", what, self.key)) for what in ("TTL", "EXPIRETIME"))
        return End(int(left), int(at))

    def counter(self) -> int | None:
        """Its counter, as Redis has it."""
        value = as_json(self.redis("redis", "env:REDIS_URL", "GET", self.key))
        return None if value is None else int(value)

    def clear(self) -> None:
        """Remove its counter."""
        self.redis("redis", "env:REDIS_URL", "DEL", self.key)


@contextlib.contextmanager
def rate_clients(
    over_https: Api, settings: ServiceSettings, client: PodClient, auth: tuple[str, int]
) -> Iterator[Callable[[], RateClient]]:
    """What makes clients that never called before; what they leave is removed at the end of the block.

    Where a header tells clients apart, they call over HTTPS. Where their address does, each is a pod of its own that
    calls auth's Service: there is one address only from which this machine calls.
    """
    made: list[RateClient] = []
    pods: list[PodClient] = []

    def new() -> RateClient:
        if settings.client_header:
            name = f"scenario-{secrets.token_hex(6)}"
            made.append(RateClient(over_https, settings, client, name, by_header=True))
        else:
            pods.append(PodClient(client.namespace, f"caller-{secrets.token_hex(3)}"))
            api = Api(pods[-1].way_to(*auth))
            made.append(RateClient(api, settings, client, pods[-1].address(), by_header=False))
        made[-1].clear()
        return made[-1]

    try:
        yield new
    finally:
        for item in made:
            item.clear()
        for pod in pods:
            pod.close()
            pod.delete()
