"""Clients that auth's rate limit tells apart, in the way that the environment defines. Source: 8.10."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

from acceptance.base.environment import Environment
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import wrong_sign_in
from acceptance.drivers.api.rate_counters import ANY, NEVER, Counter, End
from acceptance.drivers.api.sign_in import LOGS, SignIn
from acceptance.drivers.services.service import Api, in_words
from acceptance.drivers.workloads.pods import PodClient

MAXIMUM = 100
"""Calls after which a client stops waiting for a 429."""
MARGIN = 5
"""Seconds by which a counter may outlive its client's Retry-After: both are rounded, and read at different times."""
FORGED = {
    "X-Forwarded-For": "{}", "X-Real-Ip": "{}", "Forwarded": "for={}", "X-Client-Ip": "{}", "True-Client-Ip": "{}",
    "CF-Connecting-IP": "{}", "X-Originating-Ip": "{}",
}  # fmt: skip
"""Headers in which a client may claim another identity; they must not affect how it is counted."""
AT_ONCE = 8
"""Concurrent calls: enough for each of two pods to have two calls between reading and writing a counter."""
REDIS_CLI = "kubectl exec redis-0 -- redis-cli"


def wrong_end(told: int, refused: End, later: End) -> str:
    """What is wrong with the expiry of a refused client's counter, at the refusal and later; empty if nothing.

    `told`: the seconds in its Retry-After. A counter that is gone by then has expired, as it should.
    """
    if NEVER in (refused.at, later.at):
        return "it never expires, so the client is locked out forever"
    if refused.left > told + MARGIN:
        return f"it expires {refused.left} s after the client was refused, but Retry-After was {told} s"
    if later.at > refused.at + 1:
        return f"it expires {later.at - refused.at} s later than before, because the client went on calling"
    return ""


def never_ends(end: End) -> bool:
    """Whether a counter stays for ever, so that its client is locked out for good once it reaches the limit."""
    return NEVER in (end.left, end.at)


def wrong_count(limit: int, calls: int, served: int, counter: int | None) -> str:
    """What is wrong after `calls` calls of a client, more than `limit` and many of them concurrent; empty if nothing.

    `served`: calls not answered with 429. Refused calls need not be counted, except for the first.
    """
    if served > limit:
        return f"{served} of {calls} calls were served, but the limit for sequential calls is {limit}"
    if counter is None or not limit < counter <= calls:
        return f"it is {counter} after {calls} calls, and the limit is {limit}"
    return ""


class RateClient:
    """A client that the rate limit tells apart from all others, by a header or by its address."""

    def __init__(self, api: Api, settings: ServiceSettings, redis: PodClient, name: str, *, by_header: bool):
        self.api, self.settings, self.redis = api, settings, redis
        self.headers = {settings.client_header: name} if by_header else {}
        self.key = settings.rate_limit_key.format(client=name)
        self.calls = 0
        self.own = Counter(redis, self.key)
        self.counted: dict[int, int | None] = {}
        self.last: Any = None
        self.usual: Any = None
        self.refused = End(NEVER, NEVER)
        self.served = 0
        self.first = 0.0
        self.period = 0.0, 0.0

    def call(self, forged: Mapping[str, str] | None = None, **sent: Any) -> int:
        """Call the criterion's route once, with a sign-in that is refused but counted; return the status.

        `sent`: further arguments of `Api.post`.
        """
        self.first = self.first or time.monotonic()
        headers = {**(forged or {}), **self.headers}
        self.last = self.api.post(self.settings.siwe_path, wrong_sign_in.body(self.settings), headers=headers, **sent)
        self.calls += 1
        return int(self.last.status_code)

    def ask_nonce(self) -> int:
        """Ask once for the nonce or challenge with which a sign-in begins; return the status."""
        path = self.settings.nonce_path
        if self.settings.sign_in == "challenge":
            self.last = self.api.post(path, {"address": f"0x{secrets.token_hex(20)}"}, headers=self.headers)
        else:
            self.last = self.api.get(path, headers=self.headers)
        return int(self.last.status_code)

    def forge(self, other: RateClient) -> list[str]:
        """What goes wrong when this client, just refused, pretends to be another one in every header of FORGED.

        Applies to clients that are told apart by a header. Those told apart by address call from inside the cluster,
        where auth may trust such headers; Traefik replaces them for clients outside (`traefik_options.believes`).
        """
        own = self.settings.client_header
        if not own:
            return []
        forged = {name: form.format(other.headers[own]) for name, form in FORGED.items() if name.lower() != own.lower()}
        # All headers in one call: one at a time, the counter might expire before the last.
        status = self.call(forged)
        wrong = [] if status == 429 else [f"it got {status}"]
        return wrong + (["its call was counted for the other client"] if other.counter() is not None else [])

    def sign_in(self, environment: Environment) -> None:
        """Sign in with a new wallet, as this client. Raises AssertionError if the sign-in is refused."""
        visitor = SignIn(self.api, environment)
        visitor.headers = dict(self.headers)
        visitor.enter()

    def sign_in_refused(self, environment: Environment) -> int:
        """The status of a valid sign-in, signed before this client used up its limit."""
        visitor = SignIn(self.api, environment)
        visitor.headers = dict(self.headers)
        signed = visitor.message("a good message")
        self.call_until_refused()
        self.last = visitor.send_once(*signed)
        return int(self.last.status_code)

    def call_at_once(self, count: int) -> int:
        """Make `count` calls, AT_ONCE at a time; return how many were not answered with 429.

        Raises AssertionError for a call that is answered with 5xx.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            send, path = self.api.post, self.settings.siwe_path
            answers = [
                pool.submit(send, path, wrong_sign_in.body(self.settings), headers=self.headers) for _ in range(count)
            ]
            seen = [item.result() for item in answers]
        self.calls += count
        broken = [in_words(answer) for answer in seen if answer.status_code >= 500]
        assert not broken, f"expected no 5xx for {count} calls, {AT_ONCE} at a time, saw {broken[0]}. Try: {LOGS}"
        return sum(answer.status_code != 429 for answer in seen)

    def call_until_refused(self) -> None:
        """Call until the status is 429, at most MAXIMUM times, and record the counter along the way."""
        if ANY in self.key:
            self.begin_period()
        while self.calls < MAXIMUM and self.call() != 429:
            self.usual = self.last
            if self.calls in (1, 2, 5, 10):
                self.counted[self.calls] = self.counter()
        self.counted[self.calls] = self.counter()
        self.served = self.calls - 1
        told = seconds_told(self.last.headers.get("Retry-After", ""))
        self.period = told, told + time.monotonic() - self.first
        self.refused = self.end()

    def begin_period(self) -> None:
        """Call once; where the period is about to end, wait for the next one, and begin anew."""
        self.call()
        if pause := self.own.pause():
            time.sleep(pause)
            self.calls, self.first = 0, 0.0

    def end(self) -> End:
        """When its counter expires."""
        return self.own.end()

    def counter(self) -> int | None:
        """The value of its counter in Redis; None if there is none."""
        return self.own.value()

    def clear(self) -> None:
        """Remove its counter."""
        self.own.clear()


def seconds_told(header: str) -> int:
    """The seconds that a Retry-After asks a client to wait; or until a date (RFC 9110, 10.2.3); 0 without one."""
    if header.isdigit():
        return int(header)
    try:
        return round(parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return 0


def forgiven(before: int | None, after: int | None) -> str:
    """How a valid sign-in lowered its client's counter, or was not counted; empty if it was counted.

    Otherwise anyone with a wallet could evade the limit: an occasional sign-in would clear the counter.
    """
    if before is None:
        return "it did not exist after a refused sign-in"
    return (
        "" if after is not None and after > before else f"it was {before} before a good sign-in, and {after} after it"
    )


@contextlib.contextmanager
def rate_clients(
    over_https: Api, settings: ServiceSettings, client: PodClient, auth: tuple[str, int]
) -> Iterator[Callable[[], RateClient]]:
    """A factory of clients that have never called before; their counters and pods are removed at the end of the block.

    Clients told apart by a header call over HTTPS. Those told apart by address are pods that call auth's Service,
    because this machine has only one address.
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
