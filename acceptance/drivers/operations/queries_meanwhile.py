"""Protected queries that are sent while auth and the backend are restarted. Source: 14.4, plan 23.10."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import ask
from acceptance.drivers.network.load import ASKED_AT_MOST, Load
from acceptance.drivers.operations.secret_rotation import gives
from acceptance.drivers.services.service import TIMEOUT, Api

ENOUGH = 10
"""The fewest answers that say something about a restart."""


@dataclass
class QueryLoop(Load):
    """Sends the protected query with one token again and again; every answer is accounted for.

    Data and a refusal are answers: the secret of tokens may change meanwhile, and pods of both kinds answer then. An
    error is none, nor is a connection that breaks. `shown`: what data shows of the token's owner.
    """

    api: Api
    settings: ServiceSettings
    token: str
    shown: str
    answered: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    """How often there was data, and how often a refusal."""
    lost: list[tuple[float, str]] = field(default_factory=list)
    most, pause, last = ASKED_AT_MOST, 0.2, TIMEOUT + 5.0

    def __post_init__(self) -> None:
        super().__init__()

    def once(self) -> None:
        """One query, over a new connection."""
        try:
            asked = ask(self.api, self.settings, self.settings.protected_query, self.token)
            self.answered[gives(asked, self.shown)] += 1
        except (AssertionError, requests.RequestException) as error:
            self.lost.append((time.time(), f"{type(error).__name__}: {str(error)[:200]}"))

    def figures(self) -> dict[str, object]:
        """How many queries got data, were refused, and were lost, and the first of these."""
        data, refused = self.answered[True], self.answered[False]
        return {"data": data, "refused": refused, "lost": len(self.lost), "losses": self.lost[:5]}

    def wrong(self) -> str:
        """What is wrong with the answers, in words; empty if nothing."""
        if self.ended_early:
            return "the queries stopped before the restart was over"
        if self.lost:
            return f"{len(self.lost)} of {sum(self.answered.values()) + len(self.lost)} queries were lost"
        return "" if sum(self.answered.values()) >= ENOUGH else f"fewer than {ENOUGH} queries were answered"
