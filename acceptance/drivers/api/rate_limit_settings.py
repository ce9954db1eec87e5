"""Auth's rate limit as its settings name it, held against what a client saw. Source: 8.10."""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.rate_limits import MARGIN

Period = tuple[float, float]
"""The seconds from a client's refusal until it is served again, by its Retry-After, and those from its first call."""


def is_number_in(value: str, least: float, most: float) -> bool:
    """Whether a variable's value is a whole number within these bounds."""
    return value.isdigit() and least <= int(value) <= most


def not_as_set(served: int, period: Period, environment: Mapping[str, str], settings: ServiceSettings) -> list[str]:
    """The variables of a pod's environment that say something else about the limit than a client saw, in words.

    `served`: the calls of a client before it was refused. The period that is set lies between the two of `period`,
    whether it begins with the client's first call or moves on with each. A variable that the environment file does not
    name is not judged.
    """
    least, most = period
    bounds = {
        settings.rate_limit_variable: (served, served),
        settings.rate_limit_seconds_variable: (least - MARGIN, most + MARGIN),
    }
    return [
        f"{name} is {environment.get(name)}, in force are {served} calls in {least:.0f} to {most:.0f} s"
        for name, allowed in bounds.items()
        if name and not is_number_in(environment.get(name, ""), *allowed)
    ]
