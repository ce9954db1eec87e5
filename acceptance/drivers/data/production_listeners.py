"""Where production's YugabyteDB listens, and whether its Services lead there. Source: 6.3."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.production_database import FALSE, complete, containers, flags, servers

SERVICES = {"yb-tservers": ("tserver", 5433), "yb-master-ui": ("master", 7000)}
"""The Services that the criterion names, with the kind of server behind each and its port, on which that listens by
default."""
BIND = "pgsql_proxy_bind_address"


def wrong_services(manifests: list[Manifest]) -> list[str]:
    """What keeps clients of production's YugabyteDB from SQL or from the admin UI at SERVICES, in words.

    Nothing where production renders none of its servers: an operator or a chart then makes the Services.
    """
    there = servers(manifests)
    services = {item["metadata"]["name"]: item["spec"] for item in manifests if item["kind"] == "Service"}
    found = []
    for name, (kind, port) in SERVICES.items():
        if kind in there and name not in services:
            found.append(f"there is no Service {name}")
        elif kind in there:
            found += [f"the Service {name} {text}" for text in wrong_service(services[name], port, kind, there)]
    return found + list(not_listening(there)) + list(ready_too_soon(there))


def wrong_service(spec: Mapping[str, Any], port: int, kind: str, there: Mapping[str, list[Manifest]]) -> Iterator[str]:
    """What is wrong with the Service of a kind of server, in words."""
    if spec.get("type", "ClusterIP") != "ClusterIP":
        yield f"is of type {spec['type']}"
    selector = (spec.get("selector") or {}).items()
    behind = [(other, item) for other, items in there.items() for item in items if selector <= labels(item).items()]
    own = [item for other, item in behind if other == kind]
    others = {other for other, _ in behind} - {kind}
    if not selector or not own:
        yield f"leads to no pod of yb-{kind}"
    elif others:
        yield f"leads to pods of yb-{', yb-'.join(others)}, too"
    ports = [item for item in spec.get("ports") or [] if item["port"] == port]
    if not ports:
        yield f"has no port {port}"
    for item in own if ports else []:
        target = ports[0].get("targetPort", port)
        if not leads(target, item, listened(flags(item), kind)):
            yield f"leads to the port {target} of {item['metadata']['name']}, on which it does not listen"


def labels(workload: Manifest) -> dict[str, str]:
    """The labels of a workload's pods."""
    return dict((workload["spec"]["template"].get("metadata") or {}).get("labels") or {})


def leads(target: int | str, workload: Manifest, at: set[int]) -> bool:
    """Whether a Service's target port is one on which a server listens. `at`: these ports; empty if unknown.

    A name has to be that of a port that the pod declares.
    """
    spec = workload["spec"]["template"]["spec"]
    declared = {
        port.get("name"): int(port["containerPort"]) for item in spec["containers"] for port in item.get("ports") or []
    }
    number = declared.get(target) if not str(target).isdigit() else int(target)
    return number is not None and (not at or number in at)


def listened(seen: dict[str, str], kind: str) -> set[int]:
    """The ports of SQL (tserver) or of the admin UI (master), by a server's flags; none if they are not known."""
    default = next(port for other, port in SERVICES.values() if other == kind)
    text = seen.get("webserver_port" if kind == "master" else BIND, "")
    if not complete(seen) or "$" in text:
        return set()
    said = [text] if kind == "master" else [port for _, port in addresses(text)]
    return {int(port) if port.isdigit() else default for port in said or [""]}


def addresses(text: str) -> list[tuple[str, str]]:
    """Host and port of each address in a list (`0.0.0.0:5433,[::]:5433`); the port is empty where there is none."""
    found = []
    for part in filter(None, text.split(",")):
        host, colon, port = part.rpartition(":")
        has_port = colon and (part.startswith("[") or ":" not in host) and not port.endswith("]")
        found.append((host.strip("[]"), port) if has_port else (part.strip("[]"), ""))
    return found


def not_listening(there: Mapping[str, list[Manifest]]) -> Iterator[str]:
    """The servers that take nobody's connections from outside their pod, or no SQL at all, in words."""
    for kind, items in there.items():
        for item in items:
            seen, name = flags(item), item["metadata"]["name"]
            if seen.get("enable_ysql", "").lower() in FALSE:
                yield f"{name} has --enable_ysql=false, and serves no SQL"
            text = seen.get("webserver_interface" if kind == "master" else BIND, "")
            hosts = [host for host, _ in addresses(text)]
            if hosts and all(map(is_loopback, hosts)):
                yield f"{name} listens only to its own pod ({text})"


def ready_too_soon(there: Mapping[str, list[Manifest]]) -> Iterator[str]:
    """The tservers whose readiness probe opens another port than that of SQL, which opens a while later, in words."""
    for item in there.get("tserver", []):
        at = listened(flags(item), "tserver")
        for part in containers(item):
            target = ((part.get("readinessProbe") or {}).get("tcpSocket") or {}).get("port")
            if target is not None and not leads(target, item, at):
                yield f"{item['metadata']['name']} is ready before it serves SQL: its probe opens the port {target}"


def is_loopback(host: str) -> bool:
    """Whether only the pod itself reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
