"""Hosts of the platform's routes for which Traefik orders no certificate although a resolver is named. Source: 4.4."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography import x509
from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.ingress import route_rules
from acceptance.drivers.ingress.route_rules import Rule
from acceptance.drivers.ingress.traefik_options import Options, options_of, production_spec, running_specs
from acceptance.platform.platform import Platform

DEFAULT = "default"
"""The name of the only TLSStore whose default certificate Traefik uses, in any namespace."""


def covers(name: str, host: str) -> bool:
    """Whether a certificate's name is for a host; `*` stands for its first label alone (RFC 6125, 6.4.3)."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def orders_of(rule: Rule) -> list[list[str]]:
    """The names of each certificate that Traefik orders because of a rule: of its `domains`, or else its hosts."""
    if not rule.tls.get("certResolver"):
        return []
    named = [(item.get("main"), *(item.get("sans") or ())) for item in rule.tls.get("domains") or ()]
    return [found for names in named if (found := [str(name) for name in names if name])] or [rule.hosts]


def ordered_by(rule: Rule) -> list[str]:
    """The names for which Traefik orders certificates because of a rule."""
    return [name for names in orders_of(rule) for name in names]


def obtained_by(rule: Rule, options: Options) -> list[str]:
    """Those of these names that its resolver can get a certificate for, by Traefik's options.

    A wildcard takes the challenge over DNS; without it the whole order fails. Source: Let's Encrypt, "Challenge Types".
    """
    any_name = by_dns(rule, options)
    whole = [names for names in orders_of(rule) if any_name or not any(name.startswith("*") for name in names)]
    return [name for names in whole for name in names]


def by_dns(rule: Rule, options: Options) -> bool:
    """Whether a rule's resolver has the challenge over DNS, by which any name can be validated."""
    challenge = f"certificatesresolvers.{rule.tls.get('certResolver')}.acme.dnschallenge".lower()
    return any(name == challenge or name.startswith(f"{challenge}.") for name in options)


def left_out(rules: list[Rule], options: Options) -> list[str]:
    """The hosts of rules for which neither their own route nor another one gets a certificate, in words.

    Routes without a resolver are judged elsewhere (`certificates.certified_by`).
    """
    names = [name for rule in rules for name in obtained_by(rule, options)]
    return sorted({
        f"{host} of {rule.namespace}/{rule.route}, whose certificates are for {in_words(rule, options)}"
        for rule in rules
        for host in (rule.hosts if rule.tls.get("certResolver") else ())
        if not any(covers(name, host) for name in names)
    })  # fmt: skip


def in_words(rule: Rule, options: Options) -> str:
    """The names of a rule's certificates, and those that its resolver can get if they are fewer."""
    ordered, obtained = ordered_by(rule), obtained_by(rule, options)
    return str(ordered) if obtained == ordered else f"{ordered}, of which its challenge can get {obtained}"


def hosts_left_out(platform: Platform) -> list[str]:
    """Such hosts of the platform's routes here, and of those that production renders."""
    here, there = route_rules.all_rules(platform.cluster), route_rules.production_rules(platform)
    running = options_of(next(iter(running_specs(platform.cluster).values())))
    wanted = options_of(production_spec(platform))
    return [*left_out(here, running), *(f"production's {text}" for text in left_out(there, wanted))]


def names_in(pem: bytes) -> list[str]:
    """The names that a certificate is for: its common name and its alternative names; none of what is none."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return []
    names = [str(item.value) for item in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    return names + list(found.get_values_for_type(x509.DNSName))


def default_names(cluster: Cluster, store: Mapping[str, Any]) -> list[str]:
    """The names of a TLSStore's default certificate; none without one, or where its Secret is missing."""
    secret = (store.get("spec", {}).get("defaultCertificate") or {}).get("secretName")
    if not secret or store["metadata"]["name"] != DEFAULT:
        return []
    try:
        data = cluster.core.read_namespaced_secret(secret, store["metadata"]["namespace"]).data or {}
    except ApiException as error:
        if error.status != 404:
            raise
        return []
    return names_in(base64.b64decode(data.get("tls.crt", "")))


def taken_by(names: Iterable[str], hosts: list[str]) -> list[str]:
    """The hosts that certificates with these names are for."""
    known = list(names)
    return [host for host in hosts if any(covers(name, host) for name in known)]


def hosts_by_default(cluster: Cluster) -> dict[str, list[str]]:
    """The hosts of routes that a default certificate is for, by its TLSStore: Traefik orders none for those."""
    hosts = route_rules.hosts(route_rules.all_rules(cluster))
    stores = cluster.custom.list_cluster_custom_object(*route_rules.TRAEFIK, "tlsstores")["items"]
    found = {
        f"{store['metadata']['namespace']}/{store['metadata']['name']}": taken_by(default_names(cluster, store), hosts)
        for store in stores
    }
    return {store: taken for store, taken in found.items() if taken}
