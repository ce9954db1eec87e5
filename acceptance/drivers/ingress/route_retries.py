"""Whether every rule that leads to a service tries another pod if the connection to one fails. Source: 14.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.drivers.ingress.route_middlewares import behind_chains, live_middlewares, production_middlewares
from acceptance.drivers.ingress.route_rules import Rule, all_rules, production_rules
from acceptance.drivers.ingress.traefik_timeouts import seconds
from acceptance.drivers.workloads.pods import PLATFORM
from acceptance.platform.platform import Platform
from acceptance.platform.routes import SERVICES

TRIES = 2
"""Minimum attempts of a retry: the first and one more."""
LONGEST = 1.0
"""The most seconds before the second attempt; each further one comes later (Traefik waits exponentially longer)."""
REDIRECTS = {"redirectRegex", "redirectScheme"}
"""Kinds of Middleware that answer in a service's place: the service behind such a rule is only named."""

Specs = Mapping[str, Mapping[str, Any]]
"""The specs of Middlewares, by NAMESPACE/NAME."""


def tries_again(spec: Mapping[str, Any]) -> bool:
    """Whether a Middleware tries another pod, and soon."""
    retry = spec.get("retry") or {}
    return retry.get("attempts", 0) >= TRIES and seconds(str(retry.get("initialInterval") or "0")) <= LONGEST


def without_retry(rules: Iterable[Rule], middlewares: Specs) -> dict[str, str]:
    """What is wrong with the rules that lead to each service, by its name, whatever their routes are called."""
    rules, found = [*rules], {}
    for name in SERVICES:
        own = [rule for rule in rules if f"{PLATFORM}/{name}" in rule.leads_to()]
        if not own:
            found[name] = "it has no route"
        bare = [rule for rule in own if not passed_by(rule, middlewares)]
        if bare:
            routes = ", ".join(f"{rule.match} of {rule.namespace}/{rule.route}" for rule in bare)
            found[name] = f"no retry middleware with {TRIES} attempts within {LONGEST:g} s on {routes}"
    return found


def passed_by(rule: Rule, middlewares: Specs) -> bool:
    """Whether the requests of a rule pass a retry, or are answered with a redirect."""
    specs = [middlewares.get(name, {}) for name in behind_chains(rule.middlewares, middlewares)]
    return any(tries_again(spec) or REDIRECTS & {*spec} for spec in specs)


def lose_requests(platform: Platform) -> dict[str, str]:
    """What is wrong with the services' routes, by name, here and as production renders them."""
    there = without_retry(production_rules(platform), production_middlewares(platform))
    found = without_retry(all_rules(platform.cluster), live_middlewares(platform.cluster))
    return found | {f"production's {name}": wrong for name, wrong in there.items()}
