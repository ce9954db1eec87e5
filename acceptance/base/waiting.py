"""The suite's only poller: waits until a condition holds, or checks that it holds all the time."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

import requests
import tenacity
import urllib3
from kubernetes.client import ApiException

from acceptance.base.deadlines import API_ANSWERS, Deadline
from acceptance.base.errors import UserError

T = TypeVar("T")


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
    r"|unable to upgrade connection|etcdserver: |failed calling webhook|no endpoints available",
    re.IGNORECASE,
)
"""What kubectl says when an API server, a kubelet or a webhook that it calls cannot be reached at the moment."""


class NotYet(AssertionError):
    """The condition returned None or False."""


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


def observed(error: BaseException) -> str:
    """What was seen instead, as a part of a message."""
    return "not seen" if isinstance(error, NotYet) else f"saw {in_words(error)}"


def eventually(condition: Callable[[], T], *, within: Deadline, what: str, hint: str = "") -> T:
    """Call `condition` until it neither raises nor returns None or False; return what it returned.

    Only "not yet" (AssertionError) and transport errors are retried. Raises TimedOut saying what was expected,
    what was seen last, for how long, and `hint`, the command to try next.
    """
    began = time.monotonic()

    def attempt() -> T:
        value = condition()
        if value is None or value is False:
            raise NotYet
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
        message = f"expected {what}; {observed(error)} for {time.monotonic() - began:.0f} s ({within.source})"
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
                raise NotYet
        except Exception as error:
            if not is_transient(error):
                raise
            after = f"{time.monotonic() - began:.1f} of {during.seconds:.0f} s, check {looks}"
            message = f"expected {what} throughout ({during.source}); {observed(error)} after {after}"
            raise DidNotStay(message + (f". Try: {hint}" if hint else "")) from error
    assert value is not None
    return value
