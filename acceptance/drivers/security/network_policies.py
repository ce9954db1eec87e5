"""Which of the platform's pods can reach which: the policies, the pods that they cover, and connection attempts."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kubernetes import client

from acceptance.base.conditions import is_ready
from acceptance.base.environment import Environment
from acceptance.base.labels import NAME_LABEL, SCENARIO_LABEL
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace, of_scenario
from acceptance.drivers.data.database import PORT as DATABASE_PORT
from acceptance.drivers.network.pod_connections import reaches
from acceptance.drivers.services.service import PORTS
from acceptance.drivers.workloads.label_selectors import selects
from acceptance.drivers.workloads.pods import delete_now
from acceptance.platform.access import NAMESPACE

SERVICES = {
    **{name: (name, port) for name, port in PORTS.items()},
    "database": ("yb-tservers", DATABASE_PORT),
    "redis": ("redis", 6379),
}
"""Service and port of each of the platform's Applications."""
PODS = {name: f"app={name}" for name in SERVICES} | {"database": "app in (yb-tserver, yb-master)"}
STRANGER, ELSEWHERE = "a stranger", "a stranger elsewhere that calls itself backend-service"
OF_TRAEFIK = {"traefik"}
"""The namespace whose pods may reach the services in PORTS, where a policy selects them."""
HOSTNAME = "kubernetes.io/hostname"
AT_ONCE = 8
"""Concurrent connection attempts: each blocked one lasts until its time-out."""
Callers = dict[str, tuple[Namespace, str]]
"""Pods that try to connect, as namespace and name, by who they are."""


def policies(cluster: Cluster) -> dict[str, Any]:
    """The specs of the network policies in the services' namespace, by name."""
    found = client.NetworkingV1Api(cluster.api).list_namespaced_network_policy(NAMESPACE).items
    return {item.metadata.name: cluster.api.sanitize_for_serialization(item.spec) for item in found}


def application_at(target: str) -> str:
    """The Application whose Service is at `target` (host:port)."""
    return next(name for name, (host, port) in SERVICES.items() if target == f"{host}:{port}")


def endpoints(namespace: Namespace, service: str) -> set[str]:
    """The addresses in a Service's EndpointSlices, including those added by hand."""
    api = client.DiscoveryV1Api(namespace.cluster.api)
    selector = f"kubernetes.io/service-name={service}"
    slices = api.list_namespaced_endpoint_slice(namespace.name, label_selector=selector).items
    return {address for item in slices for endpoint in item.endpoints or [] for address in endpoint.addresses}


def behind(namespace: Namespace, application: str) -> list[client.V1Pod]:
    """An Application's serving pods, and any other pods that its Service leads to."""
    addresses = endpoints(namespace, SERVICES[application][0])
    own = {pod.metadata.uid for pod in namespace.pods(PODS[application])}
    pods = [pod for pod in namespace.pods() if not of_scenario(pod.metadata.labels)]
    return [pod for pod in pods if pod.metadata.uid in own or pod.status.pod_ip in addresses]


def all_covered(namespace: Namespace, specs: dict[str, Any]) -> bool:
    """Raise AssertionError naming what is behind a Service but not covered by its Application's policy."""
    for name, (service, _) in SERVICES.items():
        labels = specs[name]["podSelector"].get("matchLabels", {})
        pods = behind(namespace, name)
        outside = [pod.metadata.name for pod in pods if not labels.items() <= (pod.metadata.labels or {}).items()]
        assert pods and not outside, (
            f"expected the NetworkPolicy {name} to select each pod behind the Service {service} in {NAMESPACE}, "
            f"saw {len(pods)} pods, of them not selected: {outside}"
        )
        foreign = endpoints(namespace, service) - {pod.status.pod_ip for pod in pods}
        assert not foreign, (
            f"expected the Service {service} in {NAMESPACE} to lead to the platform's pods alone, "
            f"saw other addresses: {sorted(foreign)}"
        )
    return True


def unknown_pods(namespace: Namespace) -> list[str]:
    """The pods in the services' namespace that belong neither to an Application of the platform nor to a scenario."""
    pods = [pod for pod in namespace.pods() if not of_scenario(pod.metadata.labels)]
    return sorted(pod.metadata.name for pod in pods if (pod.metadata.labels or {}).get(NAME_LABEL) not in SERVICES)


def let_in_from_elsewhere(specs: dict[str, Any], namespaces: dict[str, dict[str, str]]) -> list[str]:
    """What policies admit besides their own namespace and Traefik: everything, IP blocks, pods of other namespaces.

    Connections are tried from two namespaces only; the rules show the rest. `namespaces`: labels by name, without
    scenarios' own.
    """
    found = []
    for name, rule in ((name, rule) for name, spec in specs.items() for rule in spec.get("ingress") or []):
        if not all(rule.get("from") or [{}]):
            found.append(f"{name}: any source")
        for peer in rule.get("from") or []:
            if "ipBlock" in peer:
                found.append(f"{name}: the addresses {peer['ipBlock'].get('cidr')}")
            if (selector := peer.get("namespaceSelector")) is not None:
                allowed = {NAMESPACE} | (OF_TRAEFIK if name in PORTS and peer.get("podSelector") else set())
                chosen = {namespace for namespace, labels in namespaces.items() if selects(selector, labels)}
                found += [f"{name}: pods of {namespace}" for namespace in sorted(chosen - allowed)]
    return found


def labelled_namespaces(cluster: Cluster) -> dict[str, dict[str, str]]:
    """The labels of all namespaces except scenarios', by name."""
    items = [item for item in cluster.core.list_namespace().items if not of_scenario(item.metadata.labels)]
    return {item.metadata.name: item.metadata.labels or {} for item in items}


@contextlib.contextmanager
def callers(default: Namespace, elsewhere: Namespace) -> Iterator[Callers]:
    """Ready pods of each kind that policies tell apart; removed at the end of the block. No Service leads to them."""
    mark = secrets.token_hex(3)
    labels = {name: {NAME_LABEL: name} for name in SERVICES} | {STRANGER: {}}
    pods: Callers = {who: (default, f"caller-{number}-{mark}") for number, who in enumerate(labels)}
    # Labels count in the services' namespace only.
    labels[ELSEWHERE] = {NAME_LABEL: "backend-service"}
    pods[ELSEWHERE] = (elsewhere, "outside")
    # Rules apply on each machine by itself, to the pods there and to what those send.
    strangers = {f"{STRANGER}, on {node}": node for node in workers_of(default.cluster)}
    labels |= {who: {} for who in strangers}
    pods |= {who: (default, f"stranger-{number}-{mark}") for number, who in enumerate(strangers)}
    try:
        for who, (place, name) in pods.items():
            where = {"nodeSelector": {HOSTNAME: strangers[who]}} if who in strangers else {}
            pod = place.cluster.probe.pod(name, **where)
            pod["metadata"]["labels"] |= {SCENARIO_LABEL: "true", **labels[who]}
            place.create(pod)
        for place, name in pods.values():
            place.wait_ready(name)
        yield pods
    finally:
        for place, name in pods.values():
            delete_now(place, name)


def addresses_of(namespace: Namespace, application: str) -> list[str]:
    """The addresses (host:port) of an Application: its Service's, and that of each ready pod."""
    service, port = SERVICES[application]
    pods = [f"{pod.status.pod_ip}:{port}" for pod in behind(namespace, application) if is_ready(pod)]
    assert pods, f"no ready pod is behind the Service {service} in {NAMESPACE}"
    return [f"{service}.{NAMESPACE}.svc.cluster.local:{port}", *pods]


def other_ports(namespace: Namespace, application: str) -> list[str]:
    """The addresses of an Application's ready pods at the other ports that their containers declare."""
    own = SERVICES[application][1]
    return [
        f"{pod.status.pod_ip}:{port.container_port}"
        for pod in behind(namespace, application)
        if is_ready(pod)
        for container in pod.spec.containers
        for port in container.ports or []
        if port.container_port != own and port.protocol == "TCP"
    ]


def workers_of(cluster: Cluster) -> list[str]:
    """The nodes that take pods without a toleration."""
    nodes = cluster.core.list_node().items
    return sorted(node.metadata.name for node in nodes if not (node.spec.unschedulable or node.spec.taints))


def connections(tried: Callers, targets: list[str]) -> dict[tuple[str, str], bool]:
    """Whether each caller reaches each target, by caller and target; tried concurrently."""
    pairs = [(who, target) for who in tried for target in targets]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(lambda pair: reaches(*tried[pair[0]], pair[1]), pairs))
    return dict(zip(pairs, made, strict=True))


def only_these(tried: Callers, default: Namespace, application: str, wanted: set[str]) -> dict[str, list[str]]:
    """What each caller reaches of an Application. Raises AssertionError unless `wanted` reach all, the others nothing.

    The Application's own pods may reach each other and do not try.
    """
    targets = addresses_of(default, application)
    asked = {who: pod for who, pod in tried.items() if who != application}
    made = connections(asked, targets)
    seen = {who: [target for target in targets if made[who, target]] for who in asked}
    wrong = {who: found for who, found in seen.items() if found != (targets if who in wanted else [])}
    assert not wrong, f"of {targets}, these callers reach others than they are allowed to: {wrong}"
    return seen


def out_of_reach(tried: Callers, default: Namespace) -> list[str]:
    """All targets of the platform. Raises AssertionError naming those that a pod without labels reaches."""
    targets = [target for name in SERVICES for target in [*addresses_of(default, name), *other_ports(default, name)]]
    made = connections({who: pod for who, pod in tried.items() if who.startswith(STRANGER)}, targets)
    reached = [target for (_, target), yes in made.items() if yes]
    assert not reached, f"a pod that no policy names reaches {reached}"
    return targets


def page_through_traefik(environment: Environment, application: str) -> tuple[str, str]:
    """The host's first label and the path at which Traefik forwards a request to an Application."""
    return {
        "auth-service": ("auth", environment.services.auth_health_path),
        "backend-service": ("api", "/health"),
        "frontend-service": ("www", "/"),
    }[application]
