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
from acceptance.platform.platform import Platform

DEFAULT = "default"
"""The name of the only TLSStore whose default certificate Traefik uses, in any namespace."""


def covers(name: str, host: str) -> bool:
    """Whether a certificate's name is for a host; `*` stands for its first label alone (RFC 6125, 6.4.3)."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def ordered_by(rule: Rule) -> list[str]:
    """The names for which Traefik orders certificates because of a rule: its `domains`, or else its hosts."""
    if not rule.tls.get("certResolver"):
        return []
    named = [name for item in rule.tls.get("domains") or () for name in (item.get("main"), *(item.get("sans") or ()))]
    return [str(name) for name in named if name] or rule.hosts


def left_out(rules: list[Rule]) -> list[str]:
    """The hosts of rules for which neither their own route nor another one orders a certificate, in words.

    Routes without a resolver are judged elsewhere (`certificates.certified_by`).
    """
    names = [name for rule in rules for name in ordered_by(rule)]
    return sorted({
        f"{host} of {rule.namespace}/{rule.route}, whose certificates are for {ordered_by(rule)}"
        for rule in rules
        for host in (rule.hosts if rule.tls.get("certResolver") else ())
        if not any(covers(name, host) for name in names)
    })  # fmt: skip


def hosts_left_out(platform: Platform) -> list[str]:
    """Such hosts of the platform's routes here, and of those that production renders."""
    here, there = route_rules.all_rules(platform.cluster), route_rules.production_rules(platform)
    return [*left_out(here), *(f"production's {text}" for text in left_out(there))]


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
