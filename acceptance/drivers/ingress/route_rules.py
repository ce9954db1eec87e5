"""The rules of the routes that Traefik serves: which hosts and paths they match, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import has_scenarios_name
from acceptance.drivers.ingress import route_matching
from acceptance.drivers.ingress.traefik_options import by_default, options_of, production_spec, running_specs
from acceptance.platform.platform import Platform

TRAEFIK = ("traefik.io", "v1alpha1")
ROUTED = ("ingress", "argocd/route")
"""The components that define routes."""
HTTPS = "websecure"
"""Traefik's entry point for HTTPS."""
OTHER_ROUTES = (
    (*TRAEFIK, "ingressroutetcps"),
    (*TRAEFIK, "ingressrouteudps"),
    ("networking.k8s.io", "v1", "ingresses"),
    ("gateway.networking.k8s.io", "v1", "httproutes"),
)
"""Resources that route requests besides IngressRoutes; the platform has none."""


@dataclass(frozen=True)
class Rule:
    """One rule of an IngressRoute."""

    route: str
    namespace: str
    match: str
    services: tuple[dict[str, Any], ...] = ()
    tls: dict[str, Any] = field(default_factory=dict, compare=False)
    middlewares: tuple[str, ...] = ()
    """The Middlewares that its requests pass, as `NAMESPACE/NAME`."""
    entry_points: tuple[str, ...] = ()
    """The entry points of its requests; none: all of them."""

    @property
    def hosts(self) -> list[str]:
        """The hosts that it names."""
        return [route_matching.plain(host) for host in route_matching.words(self.match, "Host")]

    @property
    def paths(self) -> list[str]:
        """The paths that it names."""
        return route_matching.words(self.match, "Path", "PathPrefix")

    @property
    def untried(self) -> list[str]:
        """The matchers by which it tells requests for its hosts and paths apart."""
        return route_matching.untried(self.match)

    def may_take(self, host: str) -> bool:
        """Whether it may match requests for a host; a rule that names no host matches every host."""
        return route_matching.may_take(self.match, host)

    def leads_to(self) -> list[str]:
        """Its backends: Services as `NAMESPACE/NAME`, anything else with its kind."""
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
    """The rules of every IngressRoute except scenarios'. Raises AssertionError if there is none."""
    items = cluster.custom.list_cluster_custom_object(*TRAEFIK, "ingressroutes")["items"]
    found = [rule for item in items for rule in rules_of(item) if not rule.namespace.startswith("scenario")]
    assert found, "expected IngressRoutes of the platform, saw none. Try: kubectl get ingressroutes -A"
    return found


def other_rules(cluster: Cluster) -> list[Rule]:
    """The rules in namespaces that are called like scenarios' but that no scenario has; Traefik serves them, too."""
    items = cluster.custom.list_cluster_custom_object(*TRAEFIK, "ingressroutes")["items"]
    rules = [rule for item in items for rule in rules_of(item)]
    return [rule for rule in rules if rule.namespace.startswith("scenario") and not has_scenarios_name(rule.namespace)]


def all_rules(cluster: Cluster) -> list[Rule]:
    """The rules of every IngressRoute except scenarios' own. Raises AssertionError if the platform has none."""
    return platform_rules(cluster) + other_rules(cluster)


def production_routes(platform: Platform) -> list[Manifest]:
    """The IngressRoutes that production renders."""
    rendered = (item for component in ROUTED for item in platform.rendering.production(component))
    return [item for item in rendered if item["kind"] == "IngressRoute"]


def production_rules(platform: Platform) -> list[Rule]:
    """Their rules, rendered with the run's own domain: only the overlay differs."""
    return [rule for route in production_routes(platform) for rule in rules_of(route)]


def hosts(rules: list[Rule]) -> list[str]:
    """The hosts that rules name."""
    return sorted({host for rule in rules for host in rule.hosts})


def taken_in_clear(rules: list[Rule], default: tuple[str, ...] = ()) -> list[str]:
    """The rules with an entry point other than HTTPS, where only a redirect may answer, in words.

    `default`: the entry points of rules that name none; none: all of them.
    """
    return [
        f"{rule.namespace}/{rule.route} is attached to the entry points {list(rule.entry_points or default) or '(all)'}"
        for rule in rules
        if (rule.entry_points or default) != (HTTPS,)
    ]


def in_clear(platform: Platform) -> list[str]:
    """The same for all rules, here and as production renders them."""
    here = {by_default(options_of(spec)) for spec in running_specs(platform.cluster).values()}
    there = by_default(options_of(production_spec(platform)))
    found = [text for default in here for text in taken_in_clear(all_rules(platform.cluster), default)]
    return found + [f"in production {text}" for text in taken_in_clear(production_rules(platform), there)]


def leads_elsewhere(rules: list[Rule], host: str, service: str) -> list[str]:
    """The rules that may match a host but lead to anything but one Service, in words; also if no rule matches.

    So are those that match by more than the path: the host's other requests get another answer, or none.
    """
    taking = [rule for rule in rules if rule.may_take(host)]
    if not taking:
        return [f"no rule matches {host}"]
    partly = [f"{rule.match} takes some requests only: {', '.join(rule.untried)}" for rule in taking if rule.untried]
    return [f"{rule.match} leads to {rule.leads_to()}" for rule in taking if rule.leads_to() != [service]] + partly


def unnamed_hosts(rules: list[Rule]) -> list[str]:
    """The rules that match hosts which they do not name: Traefik orders no certificate for those."""
    return [
        f"{rule.namespace}/{rule.route}: {rule.match}" for rule in rules if not route_matching.names_hosts(rule.match)
    ]


def other_routes(cluster: Cluster) -> list[str]:
    """Other resources that route requests to pods, except scenarios'."""
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
