"""The time that the backend adds to ask auth, and that auth takes for a JWT that is new to it. Source: 11.2."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import ask
from acceptance.drivers.api.token_validation import says_valid
from acceptance.drivers.services.carried_tokens import carried
from acceptance.drivers.services.service import Api, in_words


def cost_of_asking(doors: Mapping[str, Api], settings: ServiceSettings, token: str, pairs: int) -> dict[str, float]:
    """The milliseconds by which a protected query takes longer than the public one, at each pod.

    The median of alternating pairs, because a slow machine slows both down. Raises AssertionError for an answer
    without data.
    """

    def seconds(api: Api, query: str) -> float:
        asked = ask(api, settings, query, token)
        asked.data()
        return asked.seconds

    def extra(api: Api) -> float:
        return seconds(api, settings.protected_query) - seconds(api, settings.public_query)

    return medians(doors, extra, pairs)


def cost_of_new_tokens(
    doors: Mapping[str, Api], settings: ServiceSettings, known: str, new: Callable[[], str], pairs: int
) -> dict[str, float]:
    """The milliseconds by which auth takes longer for a JWT that it has never seen than for a known one, at each pod.

    `new` makes such a JWT. The median of alternating pairs, as above: each user's first query takes as long. Raises
    AssertionError unless auth accepts each.
    """

    def seconds(api: Api, token: str) -> float:
        began = time.monotonic()
        answer = api.post(settings.validate_path, **carried(settings.validate_field, token))
        took = time.monotonic() - began
        assert says_valid(answer, settings), f"expected auth to accept a valid JWT, saw {in_words(answer)}"
        return took

    return medians(doors, lambda api: seconds(api, new()) - seconds(api, known), pairs)


def medians(doors: Mapping[str, Api], extra: Callable[[Api], float], pairs: int) -> dict[str, float]:
    """The median of `pairs` differences in time that `extra` measures at each pod, in milliseconds, from seconds."""
    return {door: round(1000 * statistics.median(extra(api) for _ in range(pairs)), 1) for door, api in doors.items()}
