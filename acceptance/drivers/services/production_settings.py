"""What a service would run with in production, by what its overlay renders: variables, Services and ports.

Source: 6.3, 7.3, 8.5, 9.4, 9.5, 10.3, 15.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import PROXIES
from acceptance.drivers.services.service import Service
from acceptance.drivers.services.service_ports import CLUSTER
from acceptance.platform.platform import Platform

INSIDE = ("ClusterIP", None)
"""Types of Services that only clients inside the cluster reach; without a type it is ClusterIP."""
DEBUG_LEVELS = ("all", "debug", "silly", "trace", "verbose")
SECRET = "a Secret's value"
PRODUCTION = "production"


def container_of(objects: Iterable[Manifest], name: str) -> dict[str, Any]:
    """The main container of a Deployment. Raises AssertionError if there is no such Deployment."""
    found = [item for item in objects if (item["kind"], item["metadata"]["name"]) == ("Deployment", name)]
    assert found, f"expected a Deployment {name} in production's manifests, there is none"
    containers = found[0]["spec"]["template"]["spec"]["containers"]
    return dict(next((item for item in containers if item["name"] not in PROXIES), containers[0]))


def variables(objects: Iterable[Manifest], name: str) -> dict[str, str]:
    """The variables that a Deployment's main container has, as rendered; values from Secrets are SECRET."""
    objects = list(objects)
    maps = {item["metadata"]["name"]: item.get("data") or {} for item in objects if item["kind"] == "ConfigMap"}
    container = container_of(objects, name)
    found: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        data = maps.get((source.get("configMapRef") or {}).get("name"), {})
        found |= {f"{source.get('prefix') or ''}{key}": str(value) for key, value in data.items()}
    # `env` overrides `envFrom`; of two entries in `env`, the last one wins.
    for item in container.get("env") or []:
        reference = item.get("valueFrom") or {}
        key = reference.get("configMapKeyRef") or {}
        value = maps.get(key.get("name"), {}).get(key.get("key"), "") if key else item.get("value") or ""
        found[item["name"]] = str(value) if key or not reference else SECRET
    return found


def in_production(platform: Platform, name: str) -> dict[str, str]:
    """The variables of a service in production; values from Secrets are SECRET."""
    return variables(platform.rendering.production(name), name)


def not_for_production(service: Service, platform: Platform, variable: str) -> dict[str, str]:
    """Where a service is not told that it runs in production, with what it is told: its pods, and production's overlay.

    Without a variable for it, nowhere. Source: plan 14.2.3, 15.1.
    """
    told = {pod.metadata.name: service.environment(pod).get(variable) for pod in service.running() if variable}
    assert told or not variable, f"expected pods of {service.name}, saw none"
    told |= {"production's overlay": in_production(platform, service.name).get(variable)} if variable else {}
    return {where: f"{variable}={value}" for where, value in told.items() if str(value).lower() != PRODUCTION}


def talkative(found: Mapping[str, str]) -> list[str]:
    """The variables that ask for debug lines, by their usual names, in words."""
    return [
        f"{name}={value}"
        for name, value in found.items()
        if (re.search(r"LOG_?LEVEL$", name, re.IGNORECASE) and value.lower() in DEBUG_LEVELS)
        or (name.upper() == "DEBUG" and value.lower() not in ("", "0", "false", "no", "off"))
    ]


def port_numbers(container: dict[str, Any], wanted: int | str) -> list[int]:
    """The numbers of a container's port that a Service names by number or name."""
    if isinstance(wanted, int):
        return [wanted]
    return [item["containerPort"] for item in container.get("ports") or [] if item.get("name") == wanted]


def opened(objects: Iterable[Manifest]) -> list[str]:
    """The Services that clients outside the cluster could reach, in words."""
    services = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "Service"}
    found = []
    for name, spec in services.items():
        found += [f"the Service {name} is of type {spec['type']}"] if spec.get("type") not in INSIDE else []
        found += [f"the Service {name} has external addresses"] if spec.get("externalIPs") else []
    return found


def wrong_services(objects: Iterable[Manifest], name: str, port: int) -> list[str]:
    """What is wrong with a service's Services, in words: who may reach them, the address, the port, where it leads."""
    objects = list(objects)
    services = {item["metadata"]["name"]: item["spec"] for item in objects if item["kind"] == "Service"}
    found = opened(objects)
    if name not in services:
        return [*found, f"there is no Service {name}"]
    if services[name].get("clusterIP") == "None":
        found.append(f"the Service {name} has no address of its own")
    kept_to = services[name].get("internalTrafficPolicy") or CLUSTER
    found += [f"the Service {name} has internalTrafficPolicy: {kept_to}"] if kept_to != CLUSTER else []
    ports = {item["port"]: item.get("targetPort", item["port"]) for item in services[name].get("ports") or []}
    if port not in ports:
        return [*found, f"the Service {name} has the ports {sorted(ports)}, not {port}"]
    numbers, own = port_numbers(container_of(objects, name), ports[port]), variables(objects, name).get("PORT")
    if own and own.isdigit() and [int(own)] != numbers:
        found.append(f"the Service {name} leads to port {numbers}, the container has PORT={own}")
    return found


def wrong_in_production(platform: Platform, name: str, port: int) -> list[str]:
    """What `wrong_services` finds in production's manifests of a service."""
    return wrong_services(platform.rendering.production(name), name, port)


def opened_in_production(platform: Platform, name: str) -> list[str]:
    """The Services of an Application that clients outside production's cluster could reach, in words."""
    return opened(platform.rendering.production(name))
