"""Whether NetworkPolicies of Traefik's namespace let clients from every address in, and Traefik out. Source: 4.1, 4.2.

Where a node replaces clients' addresses by its own, as kind's do, a policy that keeps some out shows in no answer. In
production they keep their addresses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from kubernetes import client

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress.traefik_options import production_spec
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.platform.authority import NAMESPACE
from acceptance.platform.platform import Platform

EVERYWHERE = ipaddress.ip_network("0.0.0.0/0")
"""Every address of a client; the platform has none of IPv6 (its Service has one family)."""
AUTHORITY = ipaddress.ip_address("198.51.100.1")
"""An address as an authority in the internet has: none of a private network (RFC 5737)."""
HTTP_PORTS = (80, 443)
"""The ports of Traefik's Service at which clients ask."""

Spec = Mapping[str, Any]


def shut_out_everywhere(platform: Platform, here: Spec, there: Spec) -> list[str]:
    """The policies that keep clients out, here and in production, in words, given both specs of Traefik's Service."""
    found = shut_out(policies_of(platform.cluster), pods_of(platform.cluster), here)
    return found + [f"in production {text}" for text in shut_out(*of_production(platform), there)]


def kept_in_everywhere(platform: Platform) -> list[str]:
    """The policies that keep Traefik from services or an authority, here and in production, in words."""
    found = kept_in(policies_of(platform.cluster), pods_of(platform.cluster))
    return found + [f"in production {text}" for text in kept_in(*of_production(platform))]


def of_production(platform: Platform) -> tuple[list[Manifest], list[Manifest]]:
    """The NetworkPolicies that production adds to Traefik's namespace, and a pod of its Traefik."""
    rendered = platform.rendering.production("traefik")
    policies = [item for item in rendered if item["kind"] == "NetworkPolicy"]
    (deployment,) = [item for item in rendered if item["kind"] == "Deployment"]
    pod = {"metadata": deployment["spec"]["template"].get("metadata") or {}, "spec": production_spec(platform)}
    return policies, [pod]


def policies_of(cluster: Cluster) -> list[Manifest]:
    """The NetworkPolicies of Traefik's namespace."""
    found = client.NetworkingV1Api(cluster.api).list_namespaced_network_policy(NAMESPACE).items
    return [cluster.api.sanitize_for_serialization(item) for item in found]


def pods_of(cluster: Cluster) -> list[Manifest]:
    """Traefik's pods."""
    found = cluster.core.list_namespaced_pod(NAMESPACE, label_selector="app=traefik").items
    return [cluster.api.sanitize_for_serialization(item) for item in found]


def shut_out(policies: Iterable[Manifest], pods: Iterable[Manifest], service: Spec) -> list[str]:
    """Which ports of pods the policies that select them do not open to every address, in words.

    A pod that no policy for incoming connections selects accepts all. Otherwise each port of its Service needs rules
    that together let every address in. Source: Kubernetes, NetworkPolicy.
    """
    policies, found = [*policies], []
    for pod in pods:
        names, rules = chosen(policies, pod, "Ingress")
        for name, number in ports_of(pod, service).items() if names else ():
            if not lets_all_in([rule for rule in rules if opens(rule, name, number)]):
                found.append(f"the NetworkPolicies {names} keep clients out of Traefik's port {name or number}")
    return list(dict.fromkeys(found))


def kept_in(policies: Iterable[Manifest], pods: Iterable[Manifest]) -> list[str]:
    """Where policies for a pod's own connections keep it from: any port of any pod, or an authority, in words.

    Somebody's next service listens at a port of its own in a namespace of its own. Source: Kubernetes, NetworkPolicy.
    """
    policies, found = [*policies], []
    for pod in pods:
        names, rules = chosen(policies, pod, "Egress")
        if names and not any(not rule.get("ports") and leads_to_all_pods(rule) for rule in rules):
            found.append(f"the NetworkPolicies {names} keep Traefik from some ports of services")
        if names and not any(opens(rule, "", 443) and leads_outside(rule) for rule in rules):
            found.append(f"the NetworkPolicies {names} keep Traefik from certificate authorities")
    return list(dict.fromkeys(found))


def chosen(policies: Iterable[Manifest], pod: Manifest, direction: str) -> tuple[list[str], list[Spec]]:
    """The names of the policies about connections to a pod (Ingress) or its own (Egress), and their rules for these."""
    labels = pod["metadata"].get("labels") or {}
    found = [item for item in policies if isolates(item["spec"], labels, direction)]
    rules = [rule for item in found for rule in item["spec"].get(direction.lower()) or []]
    return sorted(item["metadata"]["name"] for item in found), rules


def leads_to_all_pods(rule: Spec) -> bool:
    """Whether a rule for a pod's own connections allows those to every pod."""
    peers = rule.get("to") or []
    is_every = any(peer.get("namespaceSelector") == {} and not peer.get("podSelector") for peer in peers)
    return not peers or is_every or covers_all(peers)


def leads_outside(rule: Spec) -> bool:
    """Whether a rule for a pod's own connections allows those to an address in the internet."""
    blocks = [peer["ipBlock"] for peer in rule.get("to") or [] if "ipBlock" in peer]
    return not rule.get("to") or any(AUTHORITY in network for block in blocks for network in admitted(block))


def isolates(spec: Spec, labels: Mapping[str, str], direction: str) -> bool:
    """Whether a policy is about the connections to pods with these labels (Ingress), or about theirs (Egress)."""
    told = spec.get("policyTypes") or ["Ingress", *["Egress"] * ("egress" in spec)]
    return direction in told and selects(spec.get("podSelector") or {}, labels)


def ports_of(pod: Manifest, service: Spec) -> dict[str, int]:
    """The ports of a pod to which clients of its Service come: numbers by name, the number itself if it has none."""
    known = {
        str(port.get("name") or port["containerPort"]): int(port["containerPort"])
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
    }
    names = {number: name for name, number in known.items()}
    found = {}
    for port in service.get("ports") or []:
        if port["port"] in HTTP_PORTS:
            target = port.get("targetPort", port["port"])
            number = known.get(str(target)) or (int(target) if str(target).isdigit() else 0)
            found[names.get(number, str(target))] = number
    return found


def opens(rule: Spec, name: str, number: int) -> bool:
    """Whether a rule is about a TCP port of a pod; one that lists no ports is about all."""
    return not rule.get("ports") or any(
        port.get("protocol", "TCP") == "TCP" and ("port" not in port or port["port"] == name or within(port, number))
        for port in rule["ports"]
    )


def within(port: Spec, number: int) -> bool:
    """Whether a port's number is among those of a rule."""
    first = str(port["port"])
    return first.isdigit() and int(first) <= number <= int(port.get("endPort") or first)


def lets_all_in(rules: Iterable[Spec]) -> bool:
    """Whether rules together let every address in."""
    rules = [*rules]
    return any(not rule.get("from") for rule in rules) or covers_all(peer for rule in rules for peer in rule["from"])


def covers_all(peers: Iterable[Spec]) -> bool:
    """Whether the blocks of rules' peers together are every address."""
    blocks = [peer["ipBlock"] for peer in peers if "ipBlock" in peer]
    networks = [network for block in blocks for network in admitted(block)]
    return [*ipaddress.collapse_addresses(networks)] == [EVERYWHERE]


def admitted(block: Spec) -> list[ipaddress.IPv4Network]:
    """The networks of a rule's block of addresses, without those that it excepts; none for IPv6."""
    whole = ipaddress.ip_network(block["cidr"], strict=False)
    left = [whole] if isinstance(whole, ipaddress.IPv4Network) else []
    for text in block.get("except") or []:
        hole = ipaddress.ip_network(text, strict=False)
        left = [part for network in left for part in without(network, hole)]
    return left


def without(network: ipaddress.IPv4Network, hole: Any) -> list[ipaddress.IPv4Network]:
    """What is left of a network without a part of it."""
    if not network.overlaps(hole):
        return [network]
    return [*network.address_exclude(hole)] if network.supernet_of(hole) else []
