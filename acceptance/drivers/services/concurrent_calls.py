"""Calls for one path by several clients at the same moment. Source: 8.6, 9.6."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import requests

from acceptance.drivers.services.service import KEEP, Api, in_words

PATIENCE = 60
"""Seconds that a client waits for the others."""


def not_answered(api: Api, path: str, status: int, count: int) -> list[str]:
    """What is wrong with the answers to GETs by `count` clients at once, in words; empty if all have `status`.

    Each asks twice: over a new connection, and then over that one, when all have theirs.
    """
    together = Barrier(count, timeout=PATIENCE)

    def ask(**headers: str) -> str:
        try:
            answer = api.get(path, headers=headers)
        except requests.RequestException as error:
            return f"no answer ({type(error).__name__}: {error})"
        return "" if answer.status_code == status else in_words(answer)

    def ask_twice(_: int) -> list[str]:
        together.wait()
        first = ask(**KEEP)
        together.wait()
        return [first, ask()]

    with ThreadPoolExecutor(count) as pool:
        return [wrong for answers in pool.map(ask_twice, range(count)) for wrong in answers if wrong]
