"""What requests pass through between a route of the platform and the pods that answer them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress.route_rules import ROUTED, TRAEFIK, Rule, all_rules, platform_rules, production_rules
from acceptance.drivers.ingress.traefik_options import Options, on_every_way, options_of, production_spec, running_specs
from acceptance.platform.platform import Platform

PROTECTIVE = {
    "stsSeconds", "stsIncludeSubdomains", "stsPreload", "forceSTSHeader", "frameDeny", "customFrameOptionsValue",
    "contentTypeNosniff", "browserXssFilter", "customBrowserXSSValue", "referrerPolicy", "permissionsPolicy",
    "contentSecurityPolicy", "contentSecurityPolicyReportOnly",
}  # fmt: skip
"""The settings of a `headers` Middleware that only add headers with which browsers protect their users.

Whether a policy for contents breaks a page shows in the browser that opens it (10.5 to 10.8).
"""
PROTECTS = "protective headers"
"""The name of such a Middleware's kind."""
COMPRESSES = "compression for clients that asked for none"
"""The name of the kind of a `compress` Middleware with a `defaultEncoding` (RFC 9110, 12.5.3)."""
HARMLESS = ("retry", "compress", PROTECTS)
"""Kinds of Middleware that change neither a request nor what its answer says; k8s/ingress has the first one."""
ANSWER_THEMSELVES = ("errors",)
"""Kinds of Middleware that replace a service's answer with their own."""
PLAIN = {"name", "namespace", "kind", "port", "scheme", "weight", "strategy", "nativeLB", "nodePortLB"}
"""The fields of a rule's service that say where requests go; 4.8 to 4.11 judge these.

All others change requests, their answers or their target: `serversTransport` has its own time-outs and certificates,
`sticky` sets a cookie, `passHostHeader: false` drops the host.
"""
UNCHANGED = {"passHostHeader": True}
"""Fields of a rule's service that merely state the default."""

Named = tuple[str, list[str]]
"""A Middleware in words, and its kinds."""


def specs(middlewares: Iterable[Manifest]) -> dict[str, dict[str, Any]]:
    """The specs of Middlewares, by NAMESPACE/NAME."""
    named = ((item["metadata"].get("namespace", "default"), item) for item in middlewares)
    return {f"{home}/{item['metadata']['name']}": item["spec"] for home, item in named}


def live_middlewares(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """The specs of all Middlewares."""
    return specs(cluster.custom.list_cluster_custom_object(*TRAEFIK, "middlewares")["items"])


def behind_chains(names: Iterable[str], middlewares: Mapping[str, Mapping[str, Any]], depth: int = 5) -> list[str]:
    """The Middlewares of these names (NAMESPACE/NAME), with those that chains among them name, up to a depth.

    A deeper one is named as it cannot be called, so that nobody takes it for known.
    """
    found = []
    for name in names:
        home = name.partition("/")[0]
        chained = ((middlewares.get(name) or {}).get("chain") or {}).get("middlewares") or []
        below = [f"{item.get('namespace') or home}/{item['name']}" for item in chained]
        found += [name, *(behind_chains(below, middlewares, depth - 1) if depth else [f"{one}..." for one in below])]
    return found


def production_middlewares(platform: Platform) -> dict[str, dict[str, Any]]:
    """The specs of the Middlewares that production renders."""
    rendered = (item for component in ROUTED for item in platform.rendering.production(component))
    return specs(item for item in rendered if item["kind"] == "Middleware")


def changed_on_the_way(rules: list[Rule], middlewares: dict[str, dict[str, Any]]) -> list[str]:
    """The Middlewares of rules that may change or answer a request: all but those known not to."""
    return changing(through(rules, middlewares))


def changing(found: list[Named]) -> list[str]:
    """The Middlewares among these that may change or answer a request."""
    return [text for text, kinds in found if not kinds or set(kinds) - {*HARMLESS}]


def kinds_of(spec: dict[str, Any]) -> list[str]:
    """The kinds of a Middleware's spec; where settings decide whether one is harmless, it has a name of its own."""
    return [kind_of(kind, said or {}) for kind, said in spec.items()]


def kind_of(kind: str, settings: Any) -> str:
    """The kind of a Middleware, or what it does with these settings."""
    if kind == "headers" and {*settings} <= PROTECTIVE:
        return PROTECTS
    return COMPRESSES if kind == "compress" and settings.get("defaultEncoding") else kind


def answering(found: list[Named]) -> list[str]:
    """The Middlewares among these that may replace a service's answer with their own."""
    return [text for text, kinds in found if {*kinds} & {*ANSWER_THEMSELVES}]


def changed_everywhere(platform: Platform, host: str) -> list[str]:
    """What may change or answer requests for a host, here and in production: rules, entry points, Traefik's options."""
    here = [rule for rule in all_rules(platform.cluster) if rule.may_take(host)]
    there = [rule for rule in production_rules(platform) if rule.may_take(host)]
    live, rendered = live_middlewares(platform.cluster), production_middlewares(platform)
    found = odd_ways(there) + changed_on_the_way(there, rendered) + changing(production_entries(platform, rendered))
    entered = odd_ways(here) + changing(live_entries(platform, live))
    found += on_every_way(production_spec(platform))
    entered += [text for spec in running_specs(platform.cluster).values() for text in on_every_way(spec)]
    return entered + changed_on_the_way(here, live) + [f"in production {text}" for text in found]


def odd_ways(rules: list[Rule]) -> list[str]:
    """Settings of rules' services or TLS that may change a request or its answer, in words."""
    ways = [
        f"{rule.match} goes to {service['name']} with {key}: {value}"
        for rule in rules
        for service in rule.services
        for key, value in service.items()
        if key not in PLAIN and UNCHANGED.get(key) != value
    ]
    return ways + [f"{rule.match} has the TLS options {rule.tls['options']}" for rule in rules if "options" in rule.tls]


def at_entry_points(options: Options, middlewares: dict[str, dict[str, Any]]) -> list[Named]:
    """The Middlewares of the entry points, which every request passes, whatever its route says.

    An option names them `NAMESPACE-NAME@kubernetescrd`. A Middleware that does not exist has no kind.
    """
    known = {f"{name.replace('/', '-')}@kubernetescrd": name for name in middlewares}
    return [
        found
        for option, value in options.items()
        if option.startswith("entrypoints.") and option.endswith(".http.middlewares")
        for name in value.split(",")
        for found in passed(f"all of {option.split('.')[1]}", [known.get(name, name)], middlewares)
    ]


def live_entries(platform: Platform, middlewares: dict[str, dict[str, Any]]) -> list[Named]:
    """The same for Traefik's running pods."""
    specs_of = running_specs(platform.cluster).values()
    return [found for spec in specs_of for found in at_entry_points(options_of(spec), middlewares)]


def production_entries(platform: Platform, middlewares: dict[str, dict[str, Any]]) -> list[Named]:
    """The same for production's Traefik."""
    return at_entry_points(options_of(production_spec(platform)), middlewares)


def hidden_503s(platform: Platform) -> list[str]:
    """Why clients would not get 503 while a service has no healthy pod, here and in production."""
    here, there = platform_rules(platform.cluster), production_rules(platform)
    live, rendered = live_middlewares(platform.cluster), production_middlewares(platform)
    found = hides_a_503(here, live) + lead_to_unready(platform.cluster, here) + answering(live_entries(platform, live))
    hidden = hides_a_503(there, rendered) + answering(production_entries(platform, rendered))
    return found + [f"in production {text}" for text in hidden]


def through(rules: list[Rule], middlewares: dict[str, dict[str, Any]]) -> list[Named]:
    """Each Middleware of each rule, in words and with its kinds; one that does not exist has none."""
    return [found for rule in rules for found in passed(rule.match, rule.middlewares, middlewares)]


def passed(what: str, names: Iterable[str], middlewares: dict[str, dict[str, Any]]) -> list[Named]:
    """The Middlewares of these names, in words and with their kinds; in place of a chain what it consists of."""
    kinds = {name: kinds_of(middlewares.get(name, {})) for name in behind_chains(names, middlewares)}
    return [
        (f"{what} goes through {name} ({', '.join(found) or 'not there'})", found)
        for name, found in kinds.items()
        if found != ["chain"]
    ]


def hides_a_503(rules: list[Rule], middlewares: dict[str, dict[str, Any]]) -> list[str]:
    """Why clients would not get 503 while a service has no healthy pod, as far as rules and Middlewares decide it."""
    # Given only a Service's or machine's address, Traefik does not know whether there is a pod, and answers 502.
    blind = [
        f"{rule.match} goes by {way} to {service['name']}"
        for rule in rules
        for service in rule.services
        for way in ("nativeLB", "nodePortLB")
        if service.get(way)
    ]
    return blind + answering(through(rules, middlewares))


def lead_to_unready(cluster: Cluster, rules: list[Rule]) -> list[str]:
    """The Services behind rules that lead to unready pods (publishNotReadyAddresses), in words."""
    behind = {name for rule in rules for name in rule.leads_to() if "/" in name}
    found = []
    for address in sorted(behind):
        home, _, name = address.partition("/")
        try:
            spec = cluster.core.read_namespaced_service(name, home).spec
        except ApiException as error:
            if error.status != 404:
                raise
            continue
        if spec.publish_not_ready_addresses:
            found.append(f"the Service {address} leads to pods that are not ready")
    return found
