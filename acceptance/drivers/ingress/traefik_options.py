"""Traefik's start options, here and in production: what is proven here must hold there."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.platform.authority import NAMESPACE
from acceptance.platform.platform import Platform

Options = dict[str, str]
OWN = {"caserver", "email", "storage", "profile"}
"""Options that may differ between ACME resolvers without affecting when a certificate is renewed."""

ON_THE_WAY = ("serverstransport.", "core.", "experimental.", "configfile")
"""Prefixes of options that affect every request: time-outs towards pods, how rules are parsed.

A configuration file replaces all other options.
"""
CUT = ".transport.respondingtimeouts.writetimeout"
"""The end of an entry point's option for a time-out that cuts off an answer that a client is still reading."""
NEVER = {"0", "0s"}
"""Its values that disable this time-out, as by default."""


def options_of(spec: Mapping[str, Any]) -> Options:
    """The options with which a pod's container is started, with names in lower case."""
    arguments = spec["containers"][0].get("args") or []
    pairs = (argument.removeprefix("--").partition("=") for argument in arguments)
    return {name.lower(): value or "true" for name, _, value in pairs}


def running_specs(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """The specs of Traefik's pods, by name. Raises AssertionError if there are none."""
    pods = cluster.core.list_namespaced_pod(NAMESPACE, label_selector="app=traefik").items
    specs = {str(pod.metadata.name): cluster.api.sanitize_for_serialization(pod.spec) for pod in pods}
    assert specs, "expected pods of Traefik, saw none. Try: kubectl -n traefik get pods"
    return specs


def production_spec(platform: Platform) -> dict[str, Any]:
    """The spec of Traefik's pods as production renders it."""
    (deployment,) = [item for item in platform.rendering.production("traefik") if item["kind"] == "Deployment"]
    return dict(deployment["spec"]["template"]["spec"])


def below(options: Options, prefix: str) -> Options:
    """The options whose names begin with `prefix`."""
    return {name: value for name, value in options.items() if name.startswith(prefix)}


def on_the_way(options: Options) -> list[str]:
    """The options that affect every request, in words."""
    return [
        f"Traefik is started with --{name}={value}"
        for name, value in options.items()
        if name.startswith(ON_THE_WAY) or (name.endswith(CUT) and value not in NEVER)
    ]


def of_production(platform: Platform, prefix: str) -> Options:
    """The options of production's Traefik that begin with `prefix`."""
    return below(options_of(production_spec(platform)), prefix)


def other_in_production(platform: Platform, prefix: str) -> list[str]:
    """Where a running pod's options that begin with `prefix` differ from production's, in words."""
    there = of_production(platform, prefix)
    return [
        f"{pod}: {below(options_of(spec), prefix)}, production: {there}"
        for pod, spec in running_specs(platform.cluster).items()
        if below(options_of(spec), prefix) != there
    ]


def believes(options: Options) -> list[str]:
    """The options with which an entry point trusts external clients about their address.

    A load balancer in front of it may be trusted, by its private address.
    """
    found = []
    for name, value in options.items():
        part = name.partition(".")[2].partition(".")[2]
        if part in ("forwardedheaders.insecure", "proxyprotocol.insecure") and value.lower() != "false":
            found.append(f"--{name}")
        if part in ("forwardedheaders.trustedips", "proxyprotocol.trustedips"):
            found += [f"--{name}={word}" for word in value.split(",") if not is_private(word.strip())]
    return found


def is_private(network: str) -> bool:
    """Whether all addresses of a network are private; False for anything that is not a network."""
    try:
        return ipaddress.ip_network(network, strict=False).is_private
    except ValueError:
        return False


def who_is_believed(platform: Platform) -> list[str]:
    """The options with which running pods and production's Traefik trust clients about their address, in words."""
    specs = {**running_specs(platform.cluster), "production": production_spec(platform)}
    return [f"{where} is started with {word}" for where, spec in specs.items() for word in believes(options_of(spec))]


def resolver(options: Options, name: str) -> Options:
    """An ACME resolver's options without those in OWN. Raises AssertionError if there is no resolver of that name."""
    found = below(options, f"certificatesresolvers.{name}.acme.".lower())
    assert found, f"expected an ACME resolver {name} among Traefik's options, saw none of that name"
    short = {option.rpartition(".acme.")[2]: value for option, value in found.items()}
    return {option: value for option, value in short.items() if option not in OWN}


def stores_not_on_claims(where: str, spec: Manifest) -> list[str]:
    """The ACME stores of a Traefik that are not on a persistent volume, in words."""
    claims = {item["name"] for item in spec.get("volumes") or [] if item.get("persistentVolumeClaim")}
    mounts = [item["mountPath"] for item in spec["containers"][0].get("volumeMounts") or [] if item["name"] in claims]
    stores = {name: value for name, value in options_of(spec).items() if name.endswith(".acme.storage")}
    lost = [
        f"{where}: {name}={value}"
        for name, value in stores.items()
        if not any(value.startswith(f"{mount.rstrip('/')}/") for mount in mounts)
    ]
    return lost if stores else [f"{where}: no store at all"]


def opened_at_start(where: str, spec: Manifest) -> list[str]:
    """Why a restart of Traefik's pod would make its ACME stores group-readable, which Traefik refuses, in words.

    A kubelet applies fsGroup to volumes at each start, unless OnRootMismatch tells it to check first.
    """
    context = spec.get("securityContext") or {}
    policy = context.get("fsGroupChangePolicy", "Always")
    if context.get("fsGroup") is None or policy == "OnRootMismatch":
        return []
    return [f"{where}: fsGroupChangePolicy {policy} lets a group read the stores at each start"]
