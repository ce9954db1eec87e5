"""Whether production's YugabyteDB masters find each other, and its tservers them: their names, ports and Services.

Without it there is no leader among the masters, and no database. Source: 6.1; the plan's 11.6 to 11.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from acceptance.cluster.manifests import Manifest
from acceptance.drivers.data.production_database import ADDRESSES, complete, containers, flags, servers, text_of
from acceptance.drivers.data.production_listeners import addresses, is_loopback, labels

BIND, BROADCAST = "rpc_bind_addresses", "server_broadcast_addresses"
"""Where a server listens for the others, and by which name they find it."""
PORTS = {"master": "7100", "tserver": "9100"}
"""The port on which a kind of server listens for the others by default."""
OF_POD = re.compile(r"(?P<set>[^.$]+)-(?P<ordinal>\d+)(?:\.(?P<service>[^.$]+))?(?:\.|$)")
"""The name of a pod of a StatefulSet, in DNS."""
OWN_NAME = re.compile(r"\$[({]\w+[)}]\.(?P<service>[^.$]+)")
VARIABLE = re.compile(r"\$\(([A-Z_][A-Z0-9_]*)\)")
"""A variable as Kubernetes puts it into arguments; a shell's command has other letters."""
Services = Mapping[str, Mapping[str, Any]]


def astray(manifests: list[Manifest]) -> list[str]:
    """What keeps production's masters from each other or tservers from them, in words.

    Nothing where production renders no masters. What a variable has, or a file of flags, is not known.
    """
    there = servers(manifests)
    if "master" not in there:
        return []
    services = {item["metadata"]["name"]: item["spec"] for item in manifests if item["kind"] == "Service"}
    found = [text for item in there["master"] for text in unnamed(item)]
    everything = " ".join(text_of(item) for items in there.values() for item in items)
    for kind, items in there.items():
        for item in items:
            said = [*wrong_masters(kind, item, there["master"], services), *wrong_own(kind, item)]
            if f".{item['spec'].get('serviceName')}" in everything:
                said += wrong_service(item, services)
            found += [f"{item['metadata']['name']} {text}" for text in said]
    return found


def unnamed(master: Manifest) -> Iterator[str]:
    """That masters are started one by one: the first would wait for the names of the others for ever."""
    spec = master["spec"]
    if int(spec.get("replicas", 1)) > 1 and spec.get("podManagementPolicy") != "Parallel":
        yield f"{master['metadata']['name']} starts its pods one by one, which wait for the names of all"


def wrong_masters(kind: str, item: Manifest, masters: list[Manifest], services: Services) -> Iterator[str]:
    """What is wrong with the masters that a server is told of, in words."""
    seen = flags(item)
    said = addresses(seen.get(ADDRESSES[kind], ""))
    if not said and complete(seen):
        yield f"has no --{ADDRESSES[kind]}"
    hosts = [host for host, _ in said]
    yield from (f"names {host} twice as a master" for host in sorted({h for h in hosts if hosts.count(h) > 1}))
    for host, port in said:
        yield from wrong_master(host, port, {one["metadata"]["name"]: one for one in masters}, services)


def wrong_master(host: str, port: str, masters: Mapping[str, Manifest], services: Services) -> Iterator[str]:
    """What is wrong with the address of a master, in words."""
    first, match = host.partition(".")[0], OF_POD.match(host)
    if is_loopback(host):
        yield f"looks for a master in its own pod ({host})"
    if is_loopback(host) or "$" in first or first in services:
        return
    of_set = masters.get(match["set"]) if match else None
    if match is None or of_set is None:
        if match or "." not in host:
            yield f"names {host} as a master, which there is not"
        return
    spec = of_set["spec"]
    start = int((spec.get("ordinals") or {}).get("start", 0))
    if not start <= int(match["ordinal"]) < start + int(spec.get("replicas", 1)):
        yield f"names {host} as a master, which there is not: {match['set']} has {spec.get('replicas', 1)}"
    if match["service"] != spec.get("serviceName") and "$" not in host.partition(".")[2].partition(".")[0]:
        yield f"names {host} as a master, whose pods are named by the Service {spec.get('serviceName')}"
    at = listened(flags(of_set), "master")
    if at and (port or PORTS["master"]) not in at:
        yield f"looks for {host} at the port {port or PORTS['master']}, on which it does not listen"


def wrong_own(kind: str, item: Manifest) -> Iterator[str]:
    """What keeps the others from a server: its own address, or the name that it gives them, in words."""
    seen, spec = flags(item), item["spec"]
    bound = [host for host, _ in addresses(seen.get(BIND, ""))]
    if bound and all(map(is_loopback, bound)):
        yield f"listens for the others only in its own pod (--{BIND}={seen[BIND]})"
    at = listened(seen, kind)
    for host, port in addresses(seen.get(BROADCAST, "")):
        if "$" not in host.partition(".")[0] and int(spec.get("replicas", 1)) > 1:
            yield f"gives the same name for each of its pods (--{BROADCAST}={host})"
        own = OWN_NAME.match(host)
        if own and own["service"] != spec.get("serviceName"):
            yield f"names its pods by {own['service']}, not by its serviceName {spec.get('serviceName')}"
        if at and port and "$" not in port and port not in at:
            yield f"tells the others the port {port}, on which it does not listen"
    for part in containers(item):
        known = {one["name"] for one in part.get("env") or []}
        wanted = {name for text in part.get("args") or [] for name in VARIABLE.findall(str(text))}
        unset = [] if part.get("envFrom") else sorted(wanted - known)
        yield from (f"has no variable {name}, which its arguments name" for name in unset)


def wrong_service(item: Manifest, services: Services) -> Iterator[str]:
    """What is wrong with the Service that gives the pods of a server their names, in words."""
    name = item["spec"].get("serviceName")
    spec = services.get(str(name))
    if spec is None:
        yield f"has pods that are named by the Service {name}, which there is not"
        return
    selector = (spec.get("selector") or {}).items()
    if spec.get("clusterIP") != "None":
        yield f"has pods without names of their own: the Service {name} is not headless"
    if not selector or not selector <= labels(item).items():
        yield f"has pods without names: the Service {name} does not select them"
    if not spec.get("publishNotReadyAddresses"):
        yield f"has pods without names until they are ready: publishNotReadyAddresses of the Service {name}"


def listened(seen: Mapping[str, str], kind: str) -> set[str]:
    """The ports on which a server listens for the others, by its flags; none if they are not known."""
    text = seen.get(BIND, "")
    if not complete(dict(seen)) or "$" in text:
        return set()
    return {port or PORTS[kind] for _, port in addresses(text) or [("", "")]}
