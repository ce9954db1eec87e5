"""How many calls of a series are slow, beside a control series that the machine slows down as well. Source: 11.2."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Mapping

import requests

from acceptance.drivers.services.service import KEEP, Api

Call = Callable[[Api], requests.Response]
CONTROL = "/health"
"""The path that the control series asks for: the criteria require it of each service."""


def is_slow(call: Call, api: Api, limit: float) -> bool:
    """Whether a call takes longer than `limit` milliseconds."""
    began = time.monotonic()
    call(api)
    return (time.monotonic() - began) * 1000 > limit


def slow_of(doors: Mapping[str, Api], path: str, token: str, count: int, limit: float) -> tuple[int, int]:
    """How many of `count` POSTs with a token are slow, and how many of as many GETs for CONTROL; over all `doors`.

    They go in pairs, in turns one or the other first, over a connection that is kept: noise hits both alike.
    """
    calls: list[Call] = [
        lambda api: api.post(path, token=token, headers=KEEP),
        lambda api: api.get(CONTROL, headers=KEEP),
    ]
    slow = [0, 0]
    for number, api in zip(range(count), itertools.cycle(doors.values()), strict=False):
        for which in (0, 1) if number // len(doors) % 2 else (1, 0):
            slow[which] += is_slow(calls[which], api, limit)
    return slow[0], slow[1]


def too_many(slow: int, control: int, count: int, share: float) -> bool:
    """Whether more of `count` calls are slow than `share` percent and those of the control series explain.

    Both are counts of rare events: where the machine makes calls slow at random, they differ by the root of that.
    """
    return slow > control + count * share / 100 + 2 * math.sqrt(control)


def found_slow(measure: Callable[[], tuple[int, int]], count: int, share: float) -> tuple[bool, list[tuple[int, int]]]:
    """Whether too many calls are slow, twice in a row, and what was measured: noise that hits one series is seldom."""
    seen = [measure()]
    if too_many(*seen[0], count, share):
        seen.append(measure())
    return all(too_many(*item, count, share) for item in seen), seen
