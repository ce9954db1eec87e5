"""The rules of the routes that Traefik serves: which hosts and paths they match, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress import route_matching
from acceptance.platform.platform import Platform

TRAEFIK = ("traefik.io", "v1alpha1")
ROUTED = ("ingress", "argocd/route")
"""The components that bring routes."""
HTTPS = "websecure"
"""The entry point of Traefik's that takes HTTPS."""
OTHER_ROUTES = (
    (*TRAEFIK, "ingressroutetcps"),
    (*TRAEFIK, "ingressrouteudps"),
    ("networking.k8s.io", "v1", "ingresses"),
    ("gateway.networking.k8s.io", "v1", "httproutes"),
)
"""What else brings requests past the IngressRoutes: the platform has none of it."""


@dataclass(frozen=True)
class Rule:
    """One rule of an IngressRoute."""

    route: str
    namespace: str
    match: str
    services: tuple[dict[str, Any], ...] = ()
    tls: dict[str, Any] = field(default_factory=dict, compare=False)
    middlewares: tuple[str, ...] = ()
    """What its requests go through before, as `NAMESPACE/NAME`."""
    entry_points: tuple[str, ...] = ()
    """Where its requests come in; none: wherever requests come in."""

    @property
    def hosts(self) -> list[str]:
        """The hosts that it names."""
        return [host.lower() for host in route_matching.words(self.match, "Host")]

    @property
    def paths(self) -> list[str]:
        """The paths that it names."""
        return route_matching.words(self.match, "Path", "PathPrefix")

    def may_take(self, host: str) -> bool:
        """Whether requests for a host may come by it; one that names no host takes every host."""
        return route_matching.may_take(self.match, host)

    def leads_to(self) -> list[str]:
        """What it leads to: Services as `NAMESPACE/NAME`, anything else with its kind."""
        return [
            f"{service.get('namespace', self.namespace)}/{service['name']}"
            if service.get("kind", "Service") == "Service"
            else f"{service['kind']} {service['name']}"
            for service in self.services
        ]


def rules_of(route: Manifest) -> list[Rule]:
    """The rules of an IngressRoute."""
    metadata, spec = route["metadata"], route["spec"]
    return [
        Rule(
            route=metadata["name"],
            namespace=metadata.get("namespace", "default"),
            match=rule["match"],
            services=tuple(rule.get("services") or ()),
            tls=spec.get("tls") or {},
            middlewares=tuple(
                f"{item.get('namespace') or metadata.get('namespace', 'default')}/{item['name']}"
                for item in rule.get("middlewares") or ()
            ),
            entry_points=tuple(spec.get("entryPoints") or ()),
        )
        for rule in spec["routes"]
    ]


def platform_rules(cluster: Cluster) -> list[Rule]:
    """The rules of every IngressRoute but scenarios'. Raises AssertionError if there is none."""
    items = cluster.custom.list_cluster_custom_object(*TRAEFIK, "ingressroutes")["items"]
    found = [rule for item in items for rule in rules_of(item) if not rule.namespace.startswith("scenario")]
    assert found, "there is no route. Try: kubectl get ingressroutes -A"
    return found


def production_routes(platform: Platform) -> list[Manifest]:
    """The IngressRoutes that production renders."""
    rendered = (item for component in ROUTED for item in platform.rendering.production(component))
    return [item for item in rendered if item["kind"] == "IngressRoute"]


def production_rules(platform: Platform) -> list[Rule]:
    """Their rules. The run's own domain is in them: what differs is the overlay."""
    return [rule for route in production_routes(platform) for rule in rules_of(route)]


def hosts(rules: list[Rule]) -> list[str]:
    """The hosts that rules name."""
    return sorted({host for rule in rules for host in rule.hosts})


def taken_in_clear(rules: list[Rule]) -> list[str]:
    """The rules that take requests at another entry point than that of HTTPS, where a redirect alone is to answer."""
    return [
        f"{rule.namespace}/{rule.route} is at the entry points {list(rule.entry_points) or 'that there are'}"
        for rule in rules
        if rule.entry_points != (HTTPS,)
    ]


def leads_elsewhere(rules: list[Rule], host: str, service: str) -> list[str]:
    """The rules that may take requests for a host and lead to anything but one Service; that none does is one, too."""
    taking = [rule for rule in rules if rule.may_take(host)]
    if not taking:
        return [f"no rule takes {host}"]
    return [f"{rule.match} leads to {rule.leads_to()}" for rule in taking if rule.leads_to() != [service]]


def unnamed_hosts(rules: list[Rule]) -> list[str]:
    """The rules that take hosts which they do not name: Traefik orders no certificate for such a host."""
    return [
        f"{rule.namespace}/{rule.route}: {rule.match}" for rule in rules if not route_matching.names_hosts(rule.match)
    ]


def other_routes(cluster: Cluster) -> list[str]:
    """Whatever else brings requests to pods, scenarios' left out."""
    found = []
    for group, version, plural in OTHER_ROUTES:
        try:
            items = cluster.custom.list_cluster_custom_object(group, version, plural)["items"]
        except ApiException as error:
            if error.status != 404:
                raise
            continue
        places = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items]
        found += [f"{plural} {home}/{name}" for home, name in places if not home.startswith("scenario")]
    return found
