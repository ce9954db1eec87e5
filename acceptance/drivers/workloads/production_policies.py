"""Whether production's network policies let through what metrics-server, sealed-secrets and Argo CD's cache live on.

A policy that only production has may close their namespace, and nobody tries it here. Source: 3.3, 5.2; plan 21.10.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from acceptance.base.labels import PLACE
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.drivers.workloads.production_cache import MEMBERS, PROCESSES, RUNS, cache_of
from acceptance.drivers.workloads.production_cache import selects as is_behind

API, ANYBODY, DNS = "the API server", "a pod of another namespace", "the cluster's DNS"
"""Ends of connections besides workloads. The API server has the address of a machine, and so no labels."""
PORTS_OF_API = {6443}
"""What the API server listens on there: policies see a connection after its Service's address was replaced."""
PROXY, CACHE_MEMBERS = "argocd-redis-ha-haproxy", "argocd-redis-ha"
"""The proxy of Argo CD's cache, and the Service of the members behind it."""


class End(NamedTuple):
    """Where connections come from or go to: pods with these labels, or machines, which have none."""

    namespace: str
    labels: Mapping[str, str]
    is_machine: bool = False


class Way(NamedTuple):
    """A connection that a component needs, the ports by number and name."""

    client: str
    server: str
    ports: Collection[Any]
    protocol: str = "TCP"


MACHINE, STRANGER = End("", {}, True), End("default", {})
RESOLVER = End("kube-system", {"k8s-app": "kube-dns"})


def cut_off(component: str, manifests: Iterable[Manifest]) -> list[str]:
    """The connections that policies in what production renders of a component refuse, in words."""
    items = [*manifests]
    policies = [item for item in items if item["kind"] == "NetworkPolicy"]
    ends = {API: MACHINE, ANYBODY: STRANGER, DNS: RESOLVER}
    ends |= {item["metadata"]["name"]: end_of(item) for item in items if item["kind"] in RUNS}
    said = []
    for way in ways(component, items):
        if way.client not in ends:
            continue
        client, server = ends[way.client], ends[way.server]
        refused = refusing(policies, client, server, way, "Egress") or refusing(
            policies, server, client, way, "Ingress"
        )
        said += [f"{', '.join(refused)} cuts {way.client} off from {way.server}"] if refused else []
    return said


def end_of(workload: Manifest) -> End:
    """The pods of a workload."""
    template = workload["spec"]["template"]["metadata"]
    return End(workload["metadata"].get("namespace", "default"), template.get("labels") or {})


def ways(component: str, manifests: list[Manifest]) -> list[Way]:
    """The connections that a component needs, as far as it has these parts."""
    if component == "sealed-secrets":
        controller = "sealed-secrets-controller"
        return [*to_service(API, controller, manifests), Way(controller, API, PORTS_OF_API)]
    if component == "metrics-server":
        names = Way(ANYBODY, DNS, {53, "dns"}, "UDP"), Way(DNS, API, PORTS_OF_API)
        kubelets = Way("metrics-server", API, {10250}), Way("metrics-server", API, PORTS_OF_API)
        return [*to_service(API, "metrics-server", manifests), *kubelets, *names]
    if component == "argocd":
        host, number = cache_of(manifests)
        found = [way for name in PROCESSES for way in to_service(name, host, manifests, number)]
        return found + [way for name in (PROXY, MEMBERS) for way in to_service(name, CACHE_MEMBERS, manifests)]
    return []


def to_service(client: str, service: str, manifests: Iterable[Manifest], number: int = 0) -> list[Way]:
    """The connections of a client to the pods behind a Service, by this port or all that it has; none without it."""
    items = [*manifests]
    specs = [item["spec"] for item in items if (item["kind"], item["metadata"]["name"]) == ("Service", service)]
    return [
        Way(client, item["metadata"]["name"], ports_behind(port, item))
        for spec in specs
        for item in items
        if item["kind"] in RUNS and is_behind(spec.get("selector") or {}, item)
        for port in spec["ports"]
        if number in (0, port["port"])
    ]


def ports_behind(port: Mapping[str, Any], workload: Manifest) -> set[Any]:
    """Number and name of the port of a workload's containers that a Service's port leads to."""
    target = port.get("targetPort") or port["port"]
    declared = [
        {item.get("name"), item["containerPort"]}
        for container in workload["spec"]["template"]["spec"]["containers"]
        for item in container.get("ports") or []
    ]
    return {target}.union(*(names for names in declared if target in names)) - {None}


def refusing(policies: Iterable[Manifest], covered: End, other: End, way: Way, side: str) -> list[str]:
    """The policies about one side of a connection that cover the pods there, if none of them admits the other end."""
    found = [
        item
        for item in policies
        if not covered.is_machine
        and item["metadata"].get("namespace", "default") == covered.namespace
        and side in sides(item["spec"])
        and selects(item["spec"].get("podSelector") or {}, covered.labels)
    ]
    peers = "from" if side == "Ingress" else "to"
    rules = [rule for item in found for rule in item["spec"].get(side.lower()) or []]
    if any(admits(rule.get(peers), covered, other) and opens(rule.get("ports"), way) for rule in rules):
        return []
    return [item["metadata"]["name"] for item in found]


def sides(spec: Mapping[str, Any]) -> list[str]:
    """What a policy is about: incoming connections unless it says otherwise, and outgoing ones if it has such rules."""
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def admits(peers: Iterable[Mapping[str, Any]] | None, covered: End, other: End) -> bool:
    """Whether a rule with these peers, of a policy that covers one end, admits the other end; no peers admit all.

    Which addresses machines have nobody knows before they run: any block may have them.
    """
    entries = [*(peers or [])]
    if not entries or other.is_machine:
        return not entries or any("ipBlock" in peer for peer in entries)
    return any(
        "ipBlock" not in peer
        and selects(peer.get("podSelector") or {}, other.labels)
        and is_there(peer.get("namespaceSelector"), covered.namespace, other.namespace)
        for peer in entries
    )


def is_there(selector: Mapping[str, Any] | None, own: str, namespace: str) -> bool:
    """Whether a peer's selector of namespaces selects this one; without any it is the policy's own."""
    return own == namespace if selector is None else selects(selector, {PLACE: namespace})


def opens(ports: Iterable[Mapping[str, Any]] | None, way: Way) -> bool:
    """Whether a rule with these ports opens that of a connection; no ports open all."""
    entries = [*(ports or [])]
    return not entries or any(
        item.get("protocol", "TCP") == way.protocol and any(is_port(item, port) for port in way.ports)
        for item in entries
    )


def is_port(entry: Mapping[str, Any], port: Any) -> bool:
    """Whether an entry of a rule's ports is this port; one without a number is all of them."""
    first = entry.get("port")
    if first is None or first == port:
        return True
    return isinstance(first, int) and isinstance(port, int) and first <= port <= entry.get("endPort", first)
