"""How long the backend itself takes to ask auth, as its clients notice it. Source: 11.2."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import ask
from acceptance.drivers.services.service import Api


def cost_of_asking(doors: Mapping[str, Api], settings: ServiceSettings, token: str, pairs: int) -> dict[str, float]:
    """The milliseconds by which a protected query takes longer than the public one, at each pod's door.

    The median of alternating pairs: what slows all requests down, slows down both. Raises AssertionError for an answer
    without data.
    """

    def seconds(api: Api, query: str) -> float:
        asked = ask(api, settings, query, token)
        asked.data()
        return asked.seconds

    return {
        door: round(
            1000
            * statistics.median(
                seconds(api, settings.protected_query) - seconds(api, settings.public_query) for _ in range(pairs)
            ),
            1,
        )
        for door, api in doors.items()
    }
