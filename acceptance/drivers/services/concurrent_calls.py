"""Calls for one path by several clients at the same moment. Source: 8.6, 9.6."""

from __future__ import annotations

import requests

from acceptance.drivers.services.same_moment import at_the_same_moment
from acceptance.drivers.services.service import KEEP, Api, in_words


def not_answered(api: Api, path: str, status: int, count: int) -> list[str]:
    """What is wrong with the answers to GETs by `count` clients at once, in words; empty if all have `status`.

    Each asks twice: over a new connection, and then over that one, when all have theirs.
    """

    def ask(**headers: str) -> str:
        try:
            answer = api.get(path, headers=headers)
        except requests.RequestException as error:
            return f"no answer ({type(error).__name__}: {error})"
        return "" if answer.status_code == status else in_words(answer)

    asked = at_the_same_moment(range(count), lambda _: ask(**KEEP), lambda _: ask())
    return [wrong for answers in asked for wrong in answers if wrong]
