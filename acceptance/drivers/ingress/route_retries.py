"""Whether the services' routes try another pod if the connection to one fails. Source: 14.4."""

from __future__ import annotations

from collections.abc import Iterable

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress.route_rules import TRAEFIK
from acceptance.drivers.workloads.pods import PLATFORM
from acceptance.platform.platform import Platform
from acceptance.platform.routes import SERVICES

TRIES = 2
"""Minimum attempts of a retry: the first and one more."""


def without_retry(objects: Iterable[Manifest]) -> dict[str, str]:
    """What is wrong with the services' routes, by name, given all IngressRoutes and Middlewares."""
    items = [item for item in objects if item["metadata"].get("namespace", PLATFORM) == PLATFORM]
    routes = {item["metadata"]["name"]: item["spec"]["routes"] for item in items if item["kind"] == "IngressRoute"}
    retries = {
        item["metadata"]["name"]
        for item in items
        if item["kind"] == "Middleware" and item["spec"].get("retry", {}).get("attempts", 0) >= TRIES
    }
    found = {name: "it has no route" for name in SERVICES if not routes.get(name)}
    for name in set(SERVICES) - set(found):
        for rule in routes[name]:
            if not retries & {item["name"] for item in rule.get("middlewares", [])}:
                found[name] = f"its route {rule['match']} has no retry middleware"
    return found


def lose_requests(platform: Platform) -> dict[str, str]:
    """What is wrong with the services' routes, by name, here and as production renders them."""
    listed = platform.cluster.custom.list_cluster_custom_object
    here = [item for kind in ("ingressroutes", "middlewares") for item in listed(*TRAEFIK, kind)["items"]]
    there = without_retry(platform.rendering.production("ingress"))
    return without_retry(here) | {f"production's {name}": wrong for name, wrong in there.items()}
