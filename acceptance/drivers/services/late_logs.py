"""Whether services write log lines late: from a buffer, once it is full or old. Source: 13.5.

Not every service logs its requests; one that does and shows none has them in a buffer, which more requests fill.
"""

from __future__ import annotations

import contextlib
import datetime

import requests

from acceptance.base.deadlines import FLUSHED, LOGGED, Deadline
from acceptance.base.waiting import TimedOut, eventually
from acceptance.drivers.services.service import Api, Service
from acceptance.drivers.workloads.pods import PodClient

FILLED_BY, LONG = 1100, "x" * 200
"""Requests, and the end of their paths, that are more than a buffer takes: 64 KiB of nginx's, 1000 of Python's."""


def shows(service: Service, mark: str, since: datetime.datetime, within: Deadline) -> bool:
    """Whether a line since a time of any pod's log has a mark, or gets it soon."""
    try:
        return eventually(
            lambda: any(mark in line for lines in service.log(since).values() for line in lines),
            within=within, what=f"{mark} in a log of {service.name}",
        )  # fmt: skip
    except TimedOut:
        return False


def fill(service: Service, through: PodClient) -> None:
    """Send one ready pod more requests than a buffer of lines takes."""
    pod = service.pods()[0]
    api = Api(through.way_to(str(pod.status.pod_ip), service.port))
    for number in range(FILLED_BY):
        with contextlib.suppress(requests.RequestException):
            api.get(f"/filling-{number}-{LONG}")


def assert_written_at_once(service: Service, through: PodClient, mark: str, since: datetime.datetime) -> None:
    """The pods have logged a request with a mark, or log no such requests at all. Raises AssertionError if later."""
    if shows(service, mark, since, LOGGED):
        return
    fill(service, through)
    assert not shows(service, mark, since, FLUSHED), (
        f"expected {service.name} to log a request within {LOGGED.seconds} s, but it wrote that only once "
        f"{FILLED_BY} more came: it keeps lines in a buffer. Try: kubectl logs -l app={service.name} --tail=20"
    )
