"""Traefik's start options, here and in production: what is proven here must hold there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from typing import Any

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress.traefik_timeouts import ENTRIES, cuts_off, is_harmless, is_patient
from acceptance.platform.authority import NAMESPACE
from acceptance.platform.platform import Platform

Options = dict[str, str]
RESOLVER = "letsencrypt"
"""The resolver of the platform's certificates."""
OWN = {"caserver", "email", "storage", "profile", "preferredchain", "eab.kid", "eab.hmacencoded"}
"""Options that may differ between ACME resolvers without affecting when a certificate is renewed."""

ON_THE_WAY = ("serverstransport.", "core.", "experimental.", "configfile")
"""Prefixes of options that affect every request: time-outs towards pods, how rules are parsed.

A configuration file replaces all other options.
"""
HARMLESS_PROVIDERS = ("providers.kubernetescrd", "providers.providersthrottleduration")
"""The options of providers that the platform has: IngressRoutes, and how often they are read again.

Any other provider may route requests elsewhere, and its routers cannot be read from outside.
"""
CONFIGURATION = re.compile(r"^/etc/traefik$|/[.]config$|(^/etc/traefik|/[.]config)/traefik[.](ya?ml|toml)$")
"""Where a mount is read as Traefik's configuration without any option. Source: Traefik, "Configuration discovery"."""
OWN_PAGES = ("ping", "metrics", "api")
"""The parts of Traefik with pages of its own, which take their paths from every host of their entry point."""
AS_DEFAULT = re.compile(r"entrypoints[.][^.]+[.]asdefault")
"""The option of an entry point that routes get which name none."""
PATHS = re.compile(r"entrypoints[.][^.]+[.]http[.](encodedcharacters[.]allowencoded(?!backslash|null).+|sanitizepath)")
"""The options by which Traefik refuses paths that are right, or passes on others than it judged by.

No path of a link has an encoded backslash or null character, so that these may be refused.
"""
DEFAULTS = {"core.defaultrulesyntax": "v3"}
"""Values that say what is so without them."""


def options_of(spec: Mapping[str, Any]) -> Options:
    """The options with which Traefik's container is started, by its command and its arguments, names in lower case."""
    container = container_of(spec)
    words = [word for part in container.get("command") or [] for word in part.split()]
    arguments = [word for word in [*words, *(container.get("args") or [])] if word.startswith("-")]
    pairs = (argument.lstrip("-").partition("=") for argument in arguments)
    return {name.lower(): value or "true" for name, _, value in pairs}


def container_of(spec: Mapping[str, Any]) -> Manifest:
    """The container that runs Traefik: the one called so, or the first."""
    containers = spec["containers"]
    return dict(next((item for item in containers if item.get("name") == NAMESPACE), containers[0]))


def files_of(spec: Mapping[str, Any]) -> list[str]:
    """The mounts where Traefik looks for a configuration file, which replaces all its options, in words."""
    paths = [str(item["mountPath"]).rstrip("/") for item in container_of(spec).get("volumeMounts") or []]
    return [f"Traefik would read its configuration from {path}" for path in paths if CONFIGURATION.search(path)]


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
        if (name.startswith(ON_THE_WAY) and not is_harmless(name, value) and DEFAULTS.get(name) != value.lower())
        or (PATHS.fullmatch(name) and value.lower() == "false")
        or cuts_off(name, value)
        or is_other_provider(name, value)
    ] + own_pages(options, ENTRIES[1:])


def on_every_way(spec: Mapping[str, Any]) -> list[str]:
    """The options of a pod that affect every request, and files in place of its options, in words."""
    return on_the_way(options_of(spec)) + files_of(spec)


def is_other_provider(name: str, value: str) -> bool:
    """Whether an option turns on a provider of routes besides the platform's."""
    known = any(name == one or name.startswith(f"{one}.") for one in HARMLESS_PROVIDERS)
    return name.startswith("providers.") and not known and value.lower() != "false"


def own_pages(options: Options, entries: Collection[str]) -> list[str]:
    """The options by which Traefik answers paths of every host with pages of its own at some entry points, in words."""
    return [
        f"Traefik is started with --{name}={value}, and so answers itself there"
        for name, value in options.items()
        if name.partition(".")[0] in OWN_PAGES
        and name.endswith(".entrypoint")
        and value.lower() in entries
        and options.get(f"{name.rpartition('.')[0]}.manualrouting", "false").lower() == "false"
    ]


def by_default(options: Options) -> tuple[str, ...]:
    """The entry points of routes that name none, as options say; none: all of them."""
    chosen = [name.split(".")[1] for name, value in options.items() if AS_DEFAULT.fullmatch(name) and value != "false"]
    return tuple(chosen)


def pages_in_clear(platform: Platform) -> list[str]:
    """The same for plain HTTP, for running pods and production's Traefik."""
    specs = {**running_specs(platform.cluster), "production": production_spec(platform)}
    return [f"{where}: {text}" for where, spec in specs.items() for text in own_pages(options_of(spec), ENTRIES[:1])]


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
    """An ACME resolver's options without those in OWN and patient time-outs.

    Raises AssertionError if there is no resolver of that name.
    """
    found = below(options, f"certificatesresolvers.{name}.acme.".lower())
    assert found, f"expected an ACME resolver {name} among Traefik's options, saw none of that name"
    short = {option.rpartition(".acme.")[2]: value for option, value in found.items()}
    return {option: value for option, value in short.items() if option not in OWN and not is_patient(option, value)}


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
