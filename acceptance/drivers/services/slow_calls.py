"""How many calls of a series are slow, beside a control series that the machine slows down as well. Source: 11.2."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Collection, Mapping

import requests

from acceptance.drivers.services.carried_tokens import carried
from acceptance.drivers.services.service import KEEP, Api

Call = Callable[[Api], requests.Response]
Slow = dict[int, tuple[int, int]]
"""How many calls take longer than each limit in milliseconds: of a series, and of its control."""
CONTROL = "/health"
"""The path that the control series asks for: the criteria require it of each service."""


def took(call: Call, api: Api) -> float:
    """The milliseconds that a call takes."""
    began = time.monotonic()
    call(api)
    return (time.monotonic() - began) * 1000


def slow_of(
    doors: Mapping[str, Api], path: str, token: str, count: int, limits: Collection[int], field: str = ""
) -> Slow:
    """How many of `count` POSTs with a token are slow, and how many of as many GETs for CONTROL; over all `doors`.

    They go in pairs, in turns one or the other first, over a connection that is kept: noise hits both alike. Slow are
    those that take longer than each of the `limits`, in milliseconds. `field`: that of the body which has the token.
    """
    calls: list[Call] = [
        lambda api: api.post(path, **carried(field, token), headers=KEEP),
        lambda api: api.get(CONTROL, headers=KEEP),
    ]
    times: list[list[float]] = [[], []]
    for number, api in zip(range(count), itertools.cycle(doors.values()), strict=False):
        for which in (0, 1) if number // len(doors) % 2 else (1, 0):
            times[which].append(took(calls[which], api))

    def over(which: int, limit: int) -> int:
        return sum(each > limit for each in times[which])

    return {limit: (over(0, limit), over(1, limit)) for limit in limits}


def too_many(slow: int, control: int, count: int, share: float) -> bool:
    """Whether more of `count` calls are slow than `share` percent and those of the control series explain.

    Both are counts of rare events: where the machine makes calls slow at random, they differ by the root of that.
    """
    return slow > control + count * share / 100 + 2 * math.sqrt(control)


def found_slow(measure: Callable[[], Slow], count: int, share: float) -> tuple[bool, list[Slow]]:
    """Whether too many calls are slow, twice in a row, and what was measured: noise that hits one series is seldom.

    It has to be by the same limit both times.
    """

    def limits_of(found: Slow) -> set[int]:
        return {limit for limit, pair in found.items() if too_many(*pair, count, share)}

    seen = [measure()]
    wrong = limits_of(seen[0])
    if wrong:
        seen.append(measure())
        wrong &= limits_of(seen[1])
    return bool(wrong), seen
