"""Whether pods that belong inside the cluster can be reached from outside it."""

from __future__ import annotations

from typing import Any

from kubernetes import client

from acceptance.base.labels import NAME_LABEL
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.ingress.route_rules import TRAEFIK
from acceptance.platform.routes import SERVICES

ROUTES = ("ingressroutes", "ingressroutetcps", "ingressrouteudps")
"""The kinds that route from Traefik's ports to Services."""
OF_SERVICE = "kubernetes.io/service-name"
"""The label of an EndpointSlice that names its Service."""


def ways_in(cluster: Cluster, pods: list[client.V1Pod]) -> list[str]:
    """Everything that exposes pods to the outside: Services of any name, routes to them, host ports, host network.

    Source: 6.3, 7.3.
    """
    services = services_of(cluster, pods)
    return sorted([*ways_past_traefik(cluster, pods, services), *routes_to(cluster, services)])


def ways_past_traefik(cluster: Cluster, pods: list[client.V1Pod], services: set[tuple[str, str]]) -> list[str]:
    """Like `ways_in`, without Traefik's routes. `services`: those that lead to the pods."""
    found = [way for pod in pods for way in ways_of_pod(pod)]
    for namespace, name in services:
        found += ways_of_service(cluster, namespace, name)
    return sorted(found)


def services_of(cluster: Cluster, pods: list[client.V1Pod]) -> set[tuple[str, str]]:
    """The namespaces and names of Services that lead to pods: found by address, so that no label hides one.

    A slice that was created by hand for a Service without a selector is in no Endpoints.
    """
    addresses = {pod.status.pod_ip for pod in pods}
    found = {
        (item.metadata.namespace, item.metadata.name)
        for item in cluster.core.list_endpoints_for_all_namespaces().items
        if addresses & addresses_of(item)
    }
    return found | {
        (item.metadata.namespace, item.metadata.labels[OF_SERVICE])
        for item in slices(cluster)
        if OF_SERVICE in (item.metadata.labels or {}) and addresses & addresses_in([item])
    }


def slices(cluster: Cluster, service: tuple[str, str] | None = None) -> list[client.V1EndpointSlice]:
    """All EndpointSlices of the cluster, or those of a Service (its namespace and name)."""
    api = client.DiscoveryV1Api(cluster.api)
    if service is None:
        return list(api.list_endpoint_slice_for_all_namespaces().items)
    namespace, name = service
    return list(api.list_namespaced_endpoint_slice(namespace, label_selector=f"{OF_SERVICE}={name}").items)


def addresses_in(found: list[client.V1EndpointSlice]) -> set[str]:
    """The addresses in EndpointSlices, ready or not; those of terminating pods, which Endpoints lack, are left out."""
    return {
        address
        for item in found
        for endpoint in item.endpoints or []
        if not (endpoint.conditions and endpoint.conditions.terminating)
        for address in endpoint.addresses
    }


def routes_to(cluster: Cluster, services: set[tuple[str, str]]) -> list[str]:
    """Traefik's routes that lead to these Services, in words; none if Traefik is not installed."""
    found = []
    for kind in ROUTES:
        try:
            items = cluster.custom.list_cluster_custom_object(*TRAEFIK, kind)["items"]
        except client.ApiException as error:
            if error.status == 404:
                continue
            raise
        for item in items:
            namespace, name = item["metadata"]["namespace"], item["metadata"]["name"]
            found += [f"{kind} {namespace}/{name} leads to {to[1]}" for to in sorted(led_to(item) & services)]
    return found


def led_to(route: dict[str, Any]) -> set[tuple[str, str]]:
    """The namespaces and names of the Services that a Traefik route names."""
    return {
        (service.get("namespace") or route["metadata"]["namespace"], service["name"])
        for rule in route["spec"].get("routes") or []
        for service in rule.get("services") or []
    }


def ways_past_routes(cluster: Cluster) -> list[str]:
    """Like `ways_past_traefik`, for the pods behind the platform's routes, without scenarios' copies. Source: 4.7."""
    selector = f"{NAME_LABEL} in ({','.join(SERVICES)})"
    pods = cluster.core.list_namespaced_pod("default", label_selector=selector).items
    # The address of a terminated pod may belong to another pod by now.
    running = [pod for pod in pods if pod.status.phase == "Running" and not of_scenario(pod.metadata.labels)]
    reached = [pod for pod in running if pod.status.pod_ip]
    return ways_past_traefik(cluster, reached, services_of(cluster, reached))


def ways_of_pod(pod: client.V1Pod) -> list[str]:
    """The ports of its machine that a pod occupies, in words."""
    name = pod.metadata.name
    if pod.spec.host_network:
        return [f"pod {name} uses the host network"]
    ports = [port.host_port for item in pod.spec.containers for port in item.ports or [] if port.host_port]
    return [f"pod {name} uses host port {port}" for port in ports]


def ways_of_service(cluster: Cluster, namespace: str, name: str) -> list[str]:
    """What exposes a Service outside the cluster; nothing for Endpoints without a Service."""
    try:
        spec = cluster.core.read_namespaced_service(name, namespace).spec
    except client.ApiException as error:
        if error.status == 404:
            return []
        raise
    return ways_of_spec(f"Service {namespace}/{name}", spec)


def ways_of_spec(title: str, spec: Any) -> list[str]:
    """What in a Service's spec exposes it outside the cluster."""
    found = [] if spec.type == "ClusterIP" else [f"{title} is of type {spec.type}"]
    return found + [f"{title} has the external IP {address}" for address in spec.external_ips or []]


def addresses_of(endpoints: client.V1Endpoints) -> set[str]:
    """The addresses of Endpoints, ready or not."""
    subsets = endpoints.subsets or []
    return {item.ip for part in subsets for item in [*(part.addresses or []), *(part.not_ready_addresses or [])]}
