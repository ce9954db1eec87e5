"""TLSOptions that refuse clients which are in use: versions, ciphers and curves of TLS. Source: 4.8 to 4.10, 12.1.

What refuses the authority's challenge is in `traefik_authority`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress.route_middlewares import specs
from acceptance.drivers.ingress.route_rules import ROUTED, TRAEFIK
from acceptance.drivers.ingress.traefik_options import Options, options_of, production_spec, running_specs
from acceptance.platform.platform import Platform

NEWEST = "VersionTLS13"
SUITES = {
    key: {f"TLS_ECDHE_{key}_WITH_AES_{bits}" for bits in ("128_GCM_SHA256", "256_GCM_SHA384")}
    for key in ("ECDSA", "RSA")
}
"""The ciphers of TLS 1.2 that every client has, Windows included, by the kind of the certificate's key.

Source: RFC 9325, 4.2; Microsoft, "TLS cipher suites in Windows", which lists none with CHACHA20 for TLS 1.2.
"""
CURVES = {"CurveP256", "secp256r1"}
"""The curve that every client has (RFC 8446, 9.1), in Go's spelling and in the standard's."""


def refusals(spec: Mapping[str, Any], keys: Iterable[str] = SUITES) -> list[str]:
    """Which clients a TLSOption's spec refuses, in words; `keys`: the kinds of keys that certificates may have."""
    ciphers, curves = spec.get("cipherSuites") or [], spec.get("curvePreferences") or []
    newest = spec.get("maxVersion")
    found = {
        "clients with TLS 1.2": spec.get("minVersion") == NEWEST,
        f"clients that have no older TLS than 1.3 (maxVersion {newest})": newest not in (None, "", NEWEST),
        "clients without a certificate": bool(spec.get("clientAuth")),
        f"clients whose ciphers are AES-GCM (cipherSuites {ciphers})": bool(ciphers)
        and not {*ciphers} & {name for key in keys for name in SUITES[key]},
        f"clients without these curves (curvePreferences {curves})": bool(curves) and not {*curves} & CURVES,
    }
    return [text for text, is_so in found.items() if is_so]


def of_every_route(options: Iterable[Manifest], keys: Iterable[str] = SUITES) -> list[str]:
    """The TLSOptions called `default` that refuse clients, in words.

    Traefik applies the one of this name to every route that names none, whatever its namespace.
    """
    found = [item["spec"] for item in options if item["metadata"]["name"] == "default" and item.get("spec")]
    said = [(spec, refusals(spec, keys)) for spec in found]
    return [f"every route has the TLS options {spec}, which refuse {', '.join(who)}" for spec, who in said if who]


def keys_of(options: Options) -> list[str]:
    """The kind of the keys for which a Traefik orders certificates; any kind where its resolvers differ."""
    begin, end = "certificatesresolvers.", ".acme.keytype"
    kinds = {value[:2].upper() for name, value in options.items() if name.startswith(begin) and name.endswith(end)}
    return ["ECDSA"] if kinds == {"EC"} else ["RSA"] if kinds <= {"RS"} else [*SUITES]


def live(cluster: Cluster) -> list[Manifest]:
    """All TLSOptions of the cluster."""
    return list(cluster.custom.list_cluster_custom_object(*TRAEFIK, "tlsoptions")["items"])


def of_production(platform: Platform) -> list[Manifest]:
    """The TLSOptions that production renders."""
    rendered = (item for part in ("traefik", *ROUTED) for item in platform.rendering.production(part))
    return [item for item in rendered if item["kind"] == "TLSOption"]


def live_specs(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """The specs of all TLSOptions, by NAMESPACE/NAME."""
    return specs(live(cluster))


def production_specs(platform: Platform) -> dict[str, dict[str, Any]]:
    """The specs of the TLSOptions that production renders, by NAMESPACE/NAME."""
    return specs(of_production(platform))


def refuses_unknown_names(cluster: Cluster) -> bool:
    """Whether Traefik ends connections that name a host which it has no certificate for (`sniStrict`)."""
    found = [item for item in live(cluster) if item["metadata"]["name"] == "default"]
    return any((item.get("spec") or {}).get("sniStrict") for item in found)


def refused_everywhere(platform: Platform) -> list[str]:
    """The TLSOptions of every route that refuse clients, here and in production, in words."""
    started = next(iter(running_specs(platform.cluster).values()))
    here = of_every_route(live(platform.cluster), keys_of(options_of(started)))
    there = of_every_route(of_production(platform), keys_of(options_of(production_spec(platform))))
    return here + [f"in production {text}" for text in there]
