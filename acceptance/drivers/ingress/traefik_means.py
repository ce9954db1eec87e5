"""What Traefik's pod is given, and what it offers: cores and memory, and HTTP/3. Source: 4.1.

Every request passes it, so that what is too little for it is felt as slow or lost answers of every service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubernetes.utils import parse_quantity

from acceptance.drivers.ingress.traefik_options import (
    Options,
    container_of,
    options_of,
    production_spec,
    running_specs,
)
from acceptance.drivers.ingress.traefik_service import manifest, running_service
from acceptance.platform.platform import Platform

LEAST = {"cpu": "500m", "memory": "128Mi"}
"""The lowest limits of its container: half a core, as for the load balancer before it; twice what it needs when idle.

Source: zalando-incubator/kubernetes-on-aws 923; traefik 4245 and 6520 (killed with less, and its store cut off).
"""
UDP = ".http3"
"""The end of an entry point's option for HTTP/3, which is over UDP."""


def troubles(platform: Platform) -> list[str]:
    """What Traefik has too little of or offers in vain, here and in production, in words."""
    rendered = manifest(platform.rendering.production("traefik"))["spec"]
    services = {"in production": rendered, **dict.fromkeys(here(platform), running_service(platform.cluster))}
    specs = {"in production": production_spec(platform), **here(platform)}
    return [
        f"{where} {text}"
        for where, spec in specs.items()
        for text in [*starved(spec), *offered_in_vain(options_of(spec), services[where])]
    ]


def here(platform: Platform) -> dict[str, dict[str, Any]]:
    """The specs of Traefik's running pods, by what is said of them."""
    return {f"pod {name}": spec for name, spec in running_specs(platform.cluster).items()}


def starved(spec: Mapping[str, Any]) -> list[str]:
    """The limits of Traefik's container that are too low, in words; no limit is enough."""
    limits = (container_of(spec).get("resources") or {}).get("limits") or {}
    return [
        f"Traefik is limited to {name}: {limits[name]}, less than {least}"
        for name, least in LEAST.items()
        if name in limits and parse_quantity(limits[name]) < parse_quantity(least)
    ]


def offered_in_vain(options: Options, service: Mapping[str, Any]) -> list[str]:
    """The ports at which Traefik tells browsers to ask by HTTP/3, and which its Service does not have for UDP."""
    led = {port["port"] for port in service.get("ports") or [] if port.get("protocol") == "UDP"}
    entries = {name.split(".")[1] for name in options if name.endswith(UDP) or f"{UDP}." in name}
    on = [name for name in sorted(entries) if options.get(f"entrypoints.{name}{UDP}", "true") != "false"]
    ports = {name: advertised(options, name) for name in on}
    return [
        f"Traefik offers HTTP/3 at UDP port {port}, which its Service lacks"
        for port in ports.values()
        if port not in led
    ]


def advertised(options: Options, name: str) -> int:
    """The port of UDP that the answers of an entry point name; by default that of its own address."""
    own = options.get(f"entrypoints.{name}.address", ":443").partition("/")[0].rpartition(":")[2]
    return int(options.get(f"entrypoints.{name}{UDP}.advertisedport") or own)
