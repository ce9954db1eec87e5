"""Certificates: ordered, served, kept and renewed."""

import time

from pytest_bdd import given, parsers, then, when

from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.ingress import (
    acme_store,
    certificates,
    certified_hosts,
    public_names,
    route_rules,
    scenario_routes,
    traefik_authority,
)


@when("an IngressRoute for a new host is created with the certificate resolver", target_fixture="ordered")
def route_with_resolver(environment, server):
    return scenario_routes.create_route(server, environment, resolver=certificates.RESOLVER), time.monotonic()


@then("that host is served with a certificate issued for it by the environment's authority")
def served_with_certificate(outputs, pebble, ordered, evidence):
    host, began = ordered
    chain = certificates.wait_certificate(outputs, pebble, host)
    evidence.add("from IngressRoute to certificate", f"{time.monotonic() - began:.1f} s")
    evidence.add("certificate", chain.describe())
    names = chain.names
    assert host in names, f"expected a certificate for {host}, saw {names}"


@then("each route of the platform names that resolver, here and in production")
def routes_name_resolver(platform, routes, argocd_route, evidence):
    seen = certificates.resolvers_of_routes(platform)
    evidence.add("resolver by route", seen)
    other = {name: resolver for name, resolver in seen.items() if resolver != certificates.RESOLVER}
    assert seen and not other, f"expected every route to name the resolver {certificates.RESOLVER}, saw {other}"


@then("no TLSStore holds a manually managed certificate, here and in production")
def none_kept_by_hand(platform):
    kept = certificates.kept_by_hand(platform)
    assert not kept, f"expected certificates from ACME only, here and in production, saw {kept}"


@then("certificates are ordered for all of its routes' hosts, here and in production")
def each_host_is_ordered(platform, routes, argocd_route):
    out = certified_hosts.hosts_left_out(platform)
    assert not out, f"expected the domains that routes name to cover each of their hosts, but they leave out {out}"
    lost = public_names.without_records(platform)
    assert not lost, f"expected public records for each name of production's certificates, but {'; '.join(lost)}"


@then("no TLSStore's default certificate is for a routed host")
def none_by_default(cluster, routes, argocd_route):
    taken = certified_hosts.hosts_by_default(cluster)
    assert not taken, f"expected certificates from ACME for each host, but default certificates are for {taken}"


@then("production's Traefik orders its certificates from the environment's authority, for over 60 days")
def production_orders(platform):
    found = traefik_authority.troubles(platform)
    hint = "Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/traefik/overlays/production"
    assert not found, f"expected production's Traefik to get such certificates, but {'; '.join(found)}. {hint}"


@given(parsers.parse('a host with a certificate from the resolver "{resolver}"'), target_fixture="certified")
def host_with_certificate(environment, server, outputs, pebble, resolver, evidence):
    certified = certificates.certify(server, environment, outputs, pebble, resolver)
    evidence.add("before", certified.chain.describe())
    return certified


@given("the hosts of the platform's routes and their current certificates", target_fixture="platform_hosts")
def platform_hosts(cluster, routes, argocd_route, outputs, pebble):
    return certificates.served_by_host(cluster, outputs, pebble)


@given("that certificate is in /data/acme.json on a persistent volume", target_fixture="stored")
def certificate_is_stored(cluster, traefik, certified):
    return acme_store.wait_stored(cluster, traefik, certified.host)


@when("Traefik is restarted")
@when("Traefik checks its certificates again")
def restart_traefik(cluster, traefik):
    certificates.restart_traefik(cluster, traefik)


@then("the host is served with the same certificate")
def same_certificate(outputs, pebble, certified, evidence):
    keeps(outputs, pebble, certified, evidence)


@then("each host of the platform's routes is still served with its certificate")
def platform_keeps(outputs, pebble, platform_hosts, evidence):
    for before in platform_hosts.values():
        keeps(outputs, pebble, before, evidence)


@then("every ACME store is on a persistent volume, here and in production")
def stores_persist(platform):
    lost = acme_store.lost_stores(platform)
    assert not lost, (
        f"expected ACME stores that survive a restart of Traefik, saw {lost}. Try: {certificates.KEPT_HINT}"
    )


@then("the resolver of the platform's routes has the same renewal options, here and in production")
def renews_as_proven(platform, traefik, evidence):
    proven, seen = certificates.proven_options(platform), certificates.renewal_options(platform, certificates.RESOLVER)
    evidence.add("what decides about renewal", {"as proven": proven, **seen})
    other = {where: options for where, options in seen.items() if options != proven}
    assert not other, (
        f"expected {certificates.RESOLVER} to have {proven}, the options with which renewal was tested, saw {other}"
    )


@then("the other host keeps its certificate")
def other_keeps(outputs, pebble, due, evidence):
    keeps(outputs, pebble, due[1], evidence)


def keeps(outputs, pebble, before, evidence):
    """Raise AssertionError unless a host is served with the same certificate as before."""
    chain = certificates.wait_certificate(outputs, pebble, before.host)
    evidence.add(f"after: {before.host}", chain.describe())
    seen, wanted = chain.leaf.serial_number, before.chain.leaf.serial_number
    message = f"expected {before.host} to keep the certificate {wanted:x}, saw {seen:x}"
    assert seen == wanted, f"{message}. Try: {certificates.KEPT_HINT}"


@then("Traefik has not ordered another certificate for it")
def no_new_order(cluster, traefik, certified, stored):
    entries = acme_store.stored(cluster, traefik, certified.host)
    assert entries == [stored], f"expected acme.json to keep its one certificate for {certified.host}, saw a new order"


@given("a host whose certificate has 29 days left and one whose certificate has 90", target_fixture="due")
def hosts_with_certificates(environment, cluster, server, outputs, pebble, evidence):
    if not certificates.has_resolver(cluster, "shortlived"):
        raise Unverifiable("no resolver of this Traefik gets certificates that are due for renewal immediately")
    made = [certificates.certify(server, environment, outputs, pebble, name) for name in ("shortlived", "letsencrypt")]
    for certified, days in zip(made, (29, 90), strict=True):
        evidence.add(f"before: {certified.host}", certified.chain.describe())
        left = certified.chain.days_left
        assert abs(left - days) < 1, f"expected {days} days left of the certificate of {certified.host}, saw {left:.1f}"
    return made


@then("the first host gets a new certificate automatically")
def renewed(cluster, traefik, outputs, pebble, due, evidence):
    look, chain = certificates.wait_renewed(cluster, traefik, outputs, pebble, due[0])
    evidence.add("renewed at look", look)
    evidence.add(f"after: {due[0].host}", chain.describe())
    before = due[0].chain.leaf.not_valid_after_utc
    assert chain.leaf.not_valid_after_utc > before, (
        f"expected the new certificate of {due[0].host} to expire after {before}, saw {chain.leaf.not_valid_after_utc}"
    )


@then("each host's certificate chains to the environment's authority", target_fixture="host_chains")
def each_leads_to_authority(cluster, environment, outputs, pebble, routes, argocd_route, evidence):
    found = certificates.served_by_host(cluster, outputs, pebble)
    missing = {f"{name}.{environment.domain}" for name in ("www", "api", "auth", "argocd")} - set(found)
    assert not missing, (
        f"expected a route for each host, saw none for {', '.join(sorted(missing))}. Try: {scenario_routes.HINT}"
    )
    chains = {host: certified.chain for host, certified in found.items()}
    evidence.add("certificates", {host: chain.describe() for host, chain in chains.items()})
    return chains


@then(parsers.parse("each has at least {days:d} days left"))
def days_left(host_chains, days, evidence):
    left = {host: [chain.days_left, certificates.margin(chain, days)] for host, chain in host_chains.items()}
    evidence.add("days left, and the margin of such a certificate", left)
    certificates.judge_days_left(host_chains, days)


@then("no route matches a host for which no certificate is ordered")
def every_host_is_named(cluster):
    found = route_rules.unnamed_hosts(route_rules.all_rules(cluster)) + route_rules.other_routes(cluster)
    assert not found, f"expected routes to name their hosts, as Traefik orders certificates for those only, saw {found}"
