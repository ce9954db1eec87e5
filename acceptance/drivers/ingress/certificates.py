"""Certificates as clients see them: ordered through ACME, stored, kept across a restart, renewed."""

from __future__ import annotations

from dataclasses import dataclass

from acceptance.base.conditions import not_ready
from acceptance.base.deadlines import CERTIFICATE_ISSUED, CERTIFICATE_RENEWED, POD_READY
from acceptance.base.environment import Environment
from acceptance.base.waiting import TimedOut, eventually
from acceptance.clients.tls import Chain, served_chain, verify
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.ingress import route_rules, traefik_options
from acceptance.drivers.ingress.route_rules import Rule
from acceptance.drivers.ingress.scenario_routes import LOGS, create_route
from acceptance.drivers.workloads.server_pod import Server
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.authority import NAMESPACE, Authority
from acceptance.platform.ingress import Ingress
from acceptance.platform.platform import Platform

RESTART_HINT = f"kubectl -n traefik get pods; {LOGS}"
KEPT_HINT = "kubectl -n traefik get pvc; kubectl -n traefik get deploy traefik -o yaml"
RESOLVER = traefik_options.RESOLVER
PROVEN = "shortlived"
"""The resolver whose certificates are due immediately, so that their renewal can be observed."""
LOOKS = 3
"""Checks that a renewal may take. Traefik retries a failed order a day later; a restart makes it check at once."""
FULL_LIFETIME, SHORTEST_LIFETIME = 90, 45
"""Lifetime of Let's Encrypt's certificates in days, now and from 2028 on.

Source: https://letsencrypt.org/2025/12/02/from-90-to-45
"""
RENEWED_AT = 30
"""Days left at which Traefik renews (criterion 4.6)."""
LOOKS_EVERY = 1
"""Days between two checks: a certificate may be renewed this much later."""


def served(outputs: Outputs, host: str) -> Chain:
    """The chain that the load balancer's address presents for a host."""
    balancer = outputs.load_balancer
    return served_chain(balancer.address, balancer.https_port, host)


def wait_certificate(outputs: Outputs, authority: Authority, host: str, not_serial: int = 0) -> Chain:
    """Wait until a host's chain leads to the authority; with `not_serial`, until its serial number is another one.

    Raises TimedOut.
    """

    def issued() -> Chain:
        chain = served(outputs, host)
        verify(chain, host, authority.roots)
        assert chain.leaf.serial_number != not_serial, f"still the certificate with the serial number {not_serial:x}"
        return chain

    within = CERTIFICATE_RENEWED if not_serial else CERTIFICATE_ISSUED
    return eventually(issued, within=within, what=f"a certificate from {authority.name} for {host}", hint=LOGS)


@dataclass
class Certified:
    """A scenario's own host, and the chain that it was first served with."""

    host: str
    chain: Chain


def certify(
    server: Server, environment: Environment, outputs: Outputs, authority: Authority, resolver: str
) -> Certified:
    """Create a route to the server pod, and wait until its host has a certificate from a resolver."""
    host = create_route(server, environment, resolver=resolver)
    return Certified(host, wait_certificate(outputs, authority, host))


def restart_traefik(cluster: Cluster, traefik: Ingress) -> None:
    """Delete Traefik's pod and wait for a new one, which checks at its start whether a certificate is due."""
    old = traefik.pod()
    cluster.core.delete_namespaced_pod(old, NAMESPACE, grace_period_seconds=5)

    def replaced() -> bool:
        deployment = cluster.apps.read_namespaced_deployment("traefik", NAMESPACE)
        assert traefik.pod() != old and deployment.status.ready_replicas == 1, (
            f"no new pod of Traefik is Ready{not_ready(cluster.core.list_namespaced_pod(NAMESPACE).items)}"
        )
        return True

    eventually(replaced, within=POD_READY, what="a new pod of Traefik to be Ready", hint=RESTART_HINT)


def wait_renewed(
    cluster: Cluster, traefik: Ingress, outputs: Outputs, authority: Authority, due: Certified
) -> tuple[int, Chain]:
    """Wait until a host has another certificate; return the number of the check that renewed it, and the new chain."""
    for look in range(1, LOOKS):
        try:
            return look, wait_certificate(outputs, authority, due.host, due.chain.leaf.serial_number)
        except TimedOut:
            restart_traefik(cluster, traefik)
    return LOOKS, wait_certificate(outputs, authority, due.host, due.chain.leaf.serial_number)


def resolvers_of_routes(platform: Platform) -> dict[str, str]:
    """Where the certificate of each of the platform's routes comes from, here and as production renders it."""
    rules = route_rules.all_rules(platform.cluster)
    here = {f"{rule.namespace}/{rule.route}": certified_by(rule) for rule in rules}
    there = {f"production's {rule.route}": certified_by(rule) for rule in route_rules.production_rules(platform)}
    assert here and there, (
        f"expected routes of the platform here and in production, saw {len(here)} here and {len(there)} in production"
    )
    return here | there


def certified_by(rule: Rule) -> str:
    """Where a rule's certificate comes from: its resolver, or a Secret or store beside it, which is never renewed."""
    besides = [f" beside {key}: {rule.tls[key]}" for key in ("secretName", "store") if rule.tls.get(key)]
    return str(rule.tls.get("certResolver", "none")) + "".join(besides)


def kept_by_hand(platform: Platform) -> list[str]:
    """The TLSStores, here and in production, with certificates that Traefik serves but does not renew."""
    rendered = [item for part in ("traefik", *route_rules.ROUTED) for item in platform.rendering.production(part)]
    here = platform.cluster.custom.list_cluster_custom_object(*route_rules.TRAEFIK, "tlsstores")["items"]
    own = [item for item in here if not item["metadata"]["namespace"].startswith("scenario")]
    return with_certificates([*own, *(item for item in rendered if item["kind"] == "TLSStore")])


def has_resolver(cluster: Cluster, name: str) -> bool:
    """Whether every pod of Traefik is started with this certificate resolver."""
    running = (traefik_options.options_of(spec) for spec in traefik_options.running_specs(cluster).values())
    return all(traefik_options.below(options, f"certificatesresolvers.{name}.") for options in running)


def with_certificates(stores: list[Manifest]) -> list[str]:
    """The TLSStores that name certificates, in words."""
    found = [(item["metadata"]["name"], item["spec"].get("certificates")) for item in stores]
    return [f"the TLSStore {name} has {certificates}" for name, certificates in found if certificates]


def renewal_options(platform: Platform, resolver: str) -> dict[str, traefik_options.Options]:
    """The options of a resolver, which decide when it renews, in each pod of Traefik here and in production."""
    specs = traefik_options.running_specs(platform.cluster)
    specs["production"] = traefik_options.production_spec(platform)
    return {
        where: traefik_options.resolver(traefik_options.options_of(spec), resolver) for where, spec in specs.items()
    }


def proven_options(platform: Platform, resolver: str = PROVEN) -> traefik_options.Options:
    """The options of the resolver whose renewal was observed."""
    specs = traefik_options.running_specs(platform.cluster).values()
    return traefik_options.resolver(traefik_options.options_of(next(iter(specs))), resolver)


def served_by_host(cluster: Cluster, outputs: Outputs, authority: Authority) -> dict[str, Certified]:
    """The chain of each host of the platform's routes, once it leads to the authority."""
    names = route_rules.hosts(route_rules.platform_rules(cluster))
    return {host: Certified(host, wait_certificate(outputs, authority, host)) for host in names}


def margin(chain: Chain, days: float) -> float:
    """The days that a chain must have left, if `days` are required of a 90-day certificate: the same share of its life.

    A certificate that was issued for less than 45 days gets no discount.
    """
    lifetime = round(chain.days)
    return days * lifetime / FULL_LIFETIME if SHORTEST_LIFETIME <= lifetime < FULL_LIFETIME else days


def judge_days_left(chains: dict[str, Chain], days: float) -> None:
    """Raise AssertionError if a chain has fewer days left than its margin, and should have been renewed already.

    Raises Unverifiable if chains are between their margin and the day on which criterion 4.6 has them renewed
    (docs/decisions/0008-ingress-and-acme.md, "12.4 and renewal").
    """
    less = {host: chain for host, chain in chains.items() if chain.days_left < margin(chain, days)}
    seen = {
        host: f"{chain.days_left:.1f} of {chain.days:.0f} days left, expected {margin(chain, days):.0f}"
        for host, chain in less.items()
    }
    bad = {
        host: seen[host]
        for host, chain in less.items()
        if round(chain.days) < SHORTEST_LIFETIME or chain.days_left < RENEWED_AT - LOOKS_EVERY
    }
    assert not bad, (
        f"expected {days:.0f} of 90 days left on each host's certificate, or the same share of a shorter lifetime, "
        f"saw {bad}"
    )
    if seen:
        raise Unverifiable(f"certificates are renewed at {RENEWED_AT} days left (criterion 4.6), not earlier: {seen}")
