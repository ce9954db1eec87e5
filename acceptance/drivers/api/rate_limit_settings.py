"""Auth's rate limit as its settings name it, held against what a client saw. Source: 8.10."""

from __future__ import annotations

import re
from collections.abc import Mapping

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.rate_limits import MARGIN
from acceptance.drivers.services.production_settings import in_production, variables
from acceptance.platform.platform import Platform

Period = tuple[float, float]
"""The seconds from a client's refusal until it is served again, by its Retry-After, and those from its first call."""

PER_CLIENT = {"x-real-ip", "x-forwarded-for"}
"""The headers that Traefik sets itself, to each client's own address. Source: Traefik, forwardedHeaders."""
SAME_FOR_ALL = {f"x-forwarded-{name}" for name in ("host", "port", "proto", "server")}
"""The headers that it sets itself, too, to what all clients of a site have in common."""
HEADER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+|forwarded")
"""A value of a variable that names a header of requests."""


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


def unfit_in_production(platform: Platform, name: str) -> list[str]:
    """The variables by which a service would tell clients apart in production by nothing that is their own, in words.

    They are recognised here by their value, the header that scenarios send (`client_header`). An environment with
    patches is not judged: they also change what production renders here.
    """
    if platform.environment.patches:
        return []
    here = variables(platform.rendering.manifests(name), name)
    ingress = str(platform.rendering.production("ingress"))
    return unfit(here, in_production(platform, name), platform.environment.services.client_header, ingress)


def unfit(here: Mapping[str, str], there: Mapping[str, str], header: str, ingress: str) -> list[str]:
    """The variables with this header here that have a value in production which is not each client's own, in words.

    `ingress`: what production renders of it; a header that is named there may be set by it. Of several values, the
    first one counts: the others are for requests without it. A variable that production does not set is not judged.
    """
    own = [name for name, value in here.items() if header and value.lower() == header.lower()]
    found = {name: re.search(r"[\w-]+", there.get(name, "").lower()) for name in own}
    named = {name: value[0] for name, value in found.items() if value}
    return [f"{name} is {value}, {why}" for name, value in named.items() if (why := trouble_with(value, ingress))]


def trouble_with(value: str, ingress: str) -> str:
    """Why a value is nothing by which clients behind Traefik can be told apart; empty if it is."""
    is_header = bool(HEADER.fullmatch(value)) and value not in SAME_FOR_ALL
    is_set = is_header and bool(re.search(rf"(?<![\w-]){value}(?![\w-])", ingress.lower()))
    if value in PER_CLIENT or is_set:
        return ""
    return "which clients set themselves" if is_header else "which is the same for all clients behind Traefik"
