"""The suite's only poller, and the named deadlines."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import requests
import tenacity
import urllib3
from kubernetes.client import ApiException

from acceptance.base.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True)
class Deadline:
    """How long something may take, in seconds, and where that figure comes from."""

    seconds: float
    source: str


VOLUME_BOUND = Deadline(30, "criterion 2.3")
API_RESUMES = Deadline(30, "issue: writes resume after the loss of a control plane")
POD_READY = Deadline(90, "the suite: an image is pulled and its process starts")
NODES_READY = Deadline(180, "the suite: a cluster that was just made")
API_ANSWERS = Deadline(60, "the suite: an API server that was just started")
SETTLED = Deadline(90, "the suite: nodes and system pods of a cluster that was just made")
STANDS = Deadline(10, "the suite: nodes and system pods of a platform that was kept")
RESTART = Deadline(60, "criterion 2.6: three probes at one second each, and the kubelet's back-off")
LOAD_BALANCER_READY = Deadline(60, "the suite: health checks of the load balancer")
GONE = Deadline(60, "the suite: deletion with its grace period")
LOGS_READABLE = Deadline(30, "the suite: a container's first lines")
HEALTHY_AGAIN = Deadline(15, "the suite: three probes, in case a dependency of the service was down a moment ago")
COMPONENT_READY = Deadline(300, "the suite: a component whose images are pulled and whose processes start")
APPLICATION_READY = Deadline(900, "task 11.8: 5 to 7 minutes for the database, plus new machines and image pulls")
CERTIFICATE_ISSUED = Deadline(60, "the suite: an ACME order of a new host, with a back-off after a first refusal")
CERTIFICATE_RENEWED = Deadline(25, "the suite: an ACME order of a host that is served already")
UNSEALED = Deadline(30, "the suite: the controller sees a SealedSecret at once")
DETECTED_BY_POLLING = Deadline(180, "criterion 3.2: three minutes")
DETECTED_BY_WEBHOOK = Deadline(15, "criterion 3.2: at once")
SYNCED = Deadline(120, "the suite: a small change, applied and healthy")
ROLLED_OUT = Deadline(150, "the plan: progressDeadlineSeconds 90 of the services, and a sync around it")
ROUTE_READY = Deadline(30, "the suite: Traefik sees a change within 2 s")
DATABASE_SERVES = Deadline(120, "the suite: twice the minute that a stand-in may take to have a new leader")
MEMBER_BACK = Deadline(150, "the suite: a member of the database starts and catches up")
REPLICATED = Deadline(30, "the suite: what is written is read on every member")
POLL = tenacity.wait_incrementing(start=0.1, increment=0.1, max=0.5)
"""Seconds between two tries: quick results are seen quickly, and slow ones do not load the cluster with polling."""
TRANSPORT = (
    subprocess.CalledProcessError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    ConnectionError,
    TimeoutError,
)

AWAY_STATUS = (0, 429, 500, 502, 503, 504)
"""Status of an API server that cannot be reached, is overloaded or has no leader."""
AWAY = re.compile(
    r"connection refused|connection reset|connection to the server .* was refused|unable to connect to the server"
    r"|the server is currently unable|i/o timeout|TLS handshake|unexpected EOF|: EOF\b"
    r"|etcdserver: |failed calling webhook|no endpoints available",
    re.IGNORECASE,
)
"""What kubectl says when an API server, or a webhook that it calls, cannot be reached at the moment."""


class NotYet(AssertionError):
    """The condition does not hold yet; the message says what was seen instead."""


class TimedOut(AssertionError):
    """The condition did not hold within the deadline; the message says what was seen last."""


def is_transient(error: BaseException) -> bool:
    """Whether a retry makes sense: "not yet", transport errors, an API server that is overloaded or has no leader."""
    if isinstance(error, ApiException):
        if is_forbidden(error):
            return False
        return error.status in (404, 409, *AWAY_STATUS)
    return isinstance(error, (AssertionError, *TRANSPORT))


def is_away(error: BaseException) -> bool:
    """Whether an API server could not be reached or had no leader, rather than refusing the request."""
    if isinstance(error, ApiException):
        return error.status in AWAY_STATUS and not is_forbidden(error)
    if isinstance(error, UserError):
        return bool(AWAY.search(str(error)))
    return isinstance(error, TRANSPORT)


def when_reachable(action: Callable[[], T], within: Deadline = API_ANSWERS) -> T:
    """Run an idempotent action, retrying while the API server is away. Raises the last error."""
    return tenacity.Retrying(
        stop=tenacity.stop_after_delay(within.seconds),
        wait=tenacity.wait_fixed(1),
        retry=tenacity.retry_if_exception(is_away),
        reraise=True,
    )(action)


def in_words(error: BaseException) -> str:
    """What an error says, without the details that pytest adds to the message of an assertion."""
    if isinstance(error, ApiException):
        return in_words_of_api(error)
    return str(error).partition("\nassert ")[0].strip() or type(error).__name__


FORBIDDEN = re.compile(r'"message":"(.+?)","(?:reason|details|code)"')
"""What an API server's Status says, in the text of a handshake that failed."""


def is_forbidden(error: ApiException) -> bool:
    """Whether a right is missing; for exec only the text of the failed handshake tells."""
    return bool(error.status == 403 or (error.status == 0 and "403 Forbidden" in str(error.reason)))


def in_words_of_api(error: ApiException) -> str:
    """What the API server said; for a missing right, which one, and what to do."""
    try:
        said = str(json.loads(error.body or "").get("message", ""))
    except (ValueError, AttributeError):
        said = ""
    text = f"the API answered {error.status} {error.reason}: {said or error.body}".strip()
    if match := FORBIDDEN.search(str(error.reason).replace("\\", "")):
        said = match[1]
    if is_forbidden(error) and "cannot" in said:
        return f"a right is missing: {said}. Try: kubectl apply -k k8s/acceptance/base (docs/operations.md, rights)"
    return text


def eventually(condition: Callable[[], T], *, within: Deadline, what: str, hint: str = "") -> T:
    """Call `condition` until it neither raises nor returns None or False; return what it returned.

    Only "not yet" (AssertionError) and transport errors are retried. Raises TimedOut saying what was expected,
    what was seen last, for how long, and `hint`, the command to try next.
    """
    began = time.monotonic()

    def attempt() -> T:
        value = condition()
        if value is None or value is False:
            raise NotYet("no")
        return value

    try:
        return tenacity.Retrying(
            stop=tenacity.stop_after_delay(within.seconds),
            wait=POLL,
            retry=tenacity.retry_if_exception(is_transient),
            reraise=True,
        )(attempt)
    except Exception as error:
        if not is_transient(error):
            raise
        seen = in_words(error)
        message = f"expected {what}; saw {seen} for {time.monotonic() - began:.0f} s ({within.source})"
        raise TimedOut(message + (f". Try: {hint}" if hint else "")) from error


class DidNotStay(AssertionError):
    """The condition stopped holding; the message says when it broke and what was seen."""


def consistently(condition: Callable[[], T], *, during: Deadline, what: str, hint: str = "", every: float = 0.5) -> T:
    """Call `condition` repeatedly for `during`; return what it returned last.

    The counterpart of `eventually`, for what has to hold every time, while something lasts, or never breaks: the
    first "no" (an AssertionError, None, False or a transport error) ends it. `every`: seconds between two checks.
    Raises DidNotStay saying what was expected, what was seen, after how many checks and seconds, and `hint`.
    """
    began, looks = time.monotonic(), 0
    value: T | None = None
    while not looks or time.monotonic() - began < during.seconds:
        if looks:
            time.sleep(every)
        looks += 1
        try:
            value = condition()
            if value is None or value is False:
                raise NotYet("no")
        except Exception as error:
            if not is_transient(error):
                raise
            after = f"{time.monotonic() - began:.1f} of {during.seconds:.0f} s, check {looks}"
            message = f"expected {what} all the time ({during.source}); saw {in_words(error)} after {after}"
            raise DidNotStay(message + (f". Try: {hint}" if hint else "")) from error
    assert value is not None
    return value
