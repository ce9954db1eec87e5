"""What rules of network policies open beyond what is needed, and denials that deny nobody. Source: plan 27.3 to 27.6.

Who is let in at all is judged by `policy_peers`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.labels import NAME_LABEL, PLACE
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.workloads import pod_of
from acceptance.drivers.secrets.secret_use import running_workloads
from acceptance.drivers.security.network_policies import OF_TRAEFIK, SERVICES
from acceptance.drivers.security.policy_peers import Labels, named, started_by, wrongly_admitted
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.platform.access import NAMESPACE
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

UNLABELLED: dict[str, str] = {}
"""The labels of a pod that somebody starts without any."""


def isolates(spec: Mapping[str, Any]) -> bool:
    """Whether a policy is about incoming connections: its pods accept only those that a policy names."""
    return "Ingress" in (spec.get("policyTypes") or ["Ingress"])


def void(specs: Mapping[str, Any], pods: Iterable[Labels]) -> list[str]:
    """The policies (specs by name) that deny everything to no pod, and pods that none covers, in words.

    `pods`: the labels of all pods there; one without labels counts, too, since anybody may start it.
    """
    every = [*pods, UNLABELLED]
    kept = {name: spec for name, spec in specs.items() if isolates(spec)}
    selected = {
        name: [pod for pod in every if selects(spec.get("podSelector") or {}, pod)] for name, spec in kept.items()
    }
    found = [
        f"{name} denies all connections, but selects no pod"
        for name, chosen in selected.items()
        if not chosen and not kept[name].get("ingress")
    ]
    open_pods = [pod for pod in every if not any(pod in chosen for chosen in selected.values())]
    return found + [f"no policy covers pods with the labels {dict(pod)}" for pod in open_pods]


def beside_traefik(specs: Mapping[str, Any], namespaces: Mapping[str, Labels]) -> list[str]:
    """The policies that admit pods of Traefik's namespace without naming Traefik, in words.

    `namespaces`: labels by name. A run that needs no Traefik deploys none.
    """
    places = [namespaces.get(name, {PLACE: name}) for name in sorted(OF_TRAEFIK)]
    return [
        f"{name}: pods of Traefik's namespace by the labels {dict(peer.get('podSelector') or {})}"
        for name, spec in specs.items()
        for rule in spec.get("ingress") or []
        for peer in rule.get("from") or []
        if (where := peer.get("namespaceSelector")) is not None
        and any(selects(where, labels) for labels in places)
        and not any(values <= OF_TRAEFIK for values in named(peer.get("podSelector") or {}).values())
    ]


def ports_of(application: str, objects: Iterable[Manifest]) -> set[Any]:
    """Numbers and names of the ports that an Application's Service leads to; `objects`: Services and workloads."""
    items, (service, number) = [*objects], SERVICES[application]
    offered = [
        port.get("targetPort") or port["port"]
        for item in items
        if item["kind"] == "Service" and item["metadata"]["name"] == service
        for port in item["spec"]["ports"]
        if port["port"] == number
    ]
    pods = [pod_of(item) for item in items if item["kind"] != "Service"]
    own = [pod for pod in pods if ((pod.get("metadata") or {}).get("labels") or {}).get(NAME_LABEL) == application]
    declared = [
        {port.get("name"), port["containerPort"]}
        for pod in own
        for container in pod["spec"]["containers"]
        for port in container.get("ports") or []
    ]
    return {*offered}.union(*(ports for ports in declared if ports & {*offered})) - {None}


def is_for_others(peer: Mapping[str, Any], own: set[str], pods: Iterable[Labels]) -> bool:
    """Whether a peer is Traefik or another Application; IP blocks and scenarios are judged elsewhere."""
    where = peer.get("namespaceSelector")
    if "ipBlock" in peer or (
        where is not None and not any(selects(where, {PLACE: name}) for name in (NAMESPACE, *OF_TRAEFIK))
    ):
        return False
    outside = where is not None and not selects(where, {PLACE: NAMESPACE})
    return outside or bool(wrongly_admitted(peer.get("podSelector") or {}, own, pods))


def beyond_ports(specs: Mapping[str, Any], objects: Iterable[Manifest]) -> list[str]:
    """The rules that open more to others than the ports of the Service, in words; `objects`: Services and workloads.

    An Application's own pods, and scenarios, may use every port.
    """
    items, found = [*objects], []
    pods = started_by(item for item in items if item["kind"] != "Service")
    for name, spec in specs.items():
        own = {pod.get(NAME_LABEL, "") for pod in pods if selects(spec.get("podSelector") or {}, pod)} & {*SERVICES}
        allowed = set.intersection(*(ports_of(item, items) for item in own)) if own else set()
        for rule in (spec.get("ingress") or []) if own else []:
            if not any(is_for_others(peer, own, pods) for peer in rule.get("from") or []):
                continue
            ports = rule.get("ports") or []
            beyond = [port for port in ports if not is_allowed(port, allowed)]
            found += [] if ports and not beyond else [f"{name}: {beyond or 'every port'}"]
    return found


def is_allowed(port: Mapping[str, Any], allowed: set[Any]) -> bool:
    """Whether a rule's entry is one of these ports (numbers and names) of TCP, and no range."""
    return port.get("protocol", "TCP") == "TCP" and "endPort" not in port and port.get("port") in allowed


def services_of(cluster: Cluster) -> list[Manifest]:
    """The Services in the services' namespace."""
    items = cluster.core.list_namespaced_service(NAMESPACE).items
    return [{"kind": "Service", **cluster.api.sanitize_for_serialization(item)} for item in items]


@functools.cache
def production(platform: Platform) -> tuple[Manifest, ...]:
    """What production renders of the Applications."""
    return tuple(item for name in APPLICATIONS for item in platform.rendering.production(name))


def beyond_ports_everywhere(platform: Platform, specs: Mapping[str, Any]) -> list[str]:
    """What `beyond_ports` finds in the policies (`specs`) of the cluster, and in those that production renders."""
    rendered = production(platform)
    there = {item["metadata"]["name"]: item["spec"] for item in rendered if item["kind"] == "NetworkPolicy"}
    here = [*services_of(platform.cluster), *running_workloads(platform.cluster)]
    found = beyond_ports(there, [item for item in rendered if item["kind"] != "NetworkPolicy"])
    return beyond_ports(specs, here) + [f"production's {text}" for text in found]
