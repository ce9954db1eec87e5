"""Whether production's Traefik gets the certificates that are promised: from whom, for how long, by which challenge.

Here another authority issues them, so that what production asks for shows nowhere. Source: 4.4, 4.6, 12.4; RFC 8737.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.environment import Environment
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.rendering import DIRECTORIES
from acceptance.drivers.ingress.certificates import RESOLVER
from acceptance.drivers.ingress.route_rules import ROUTED
from acceptance.drivers.ingress.traefik_options import options_of, production_spec, running_specs
from acceptance.platform.platform import Platform

PROFILES = ("classic",)
"""Let's Encrypt's profiles whose certificates live for more than 60 days when new: tlsserver's live for 45.

Source: Let's Encrypt, "Decreasing Certificate Lifetimes to 45 Days".
"""
KEYS = ("EC256", "EC384", "RSA2048", "RSA3072", "RSA4096")
"""The keys for which Let's Encrypt issues certificates. Source: its "Integration Guide", "Supported Key Algorithms"."""
CONTACT = re.compile(r"[^@\s,:]+@(?:[\w-]+[.])+[a-z][\w-]*[a-z]", re.IGNORECASE)
"""One address. Let's Encrypt registers an account without one, but not with what is none or with a list in one word."""
NOBODYS = re.compile(r"(^|[.@])(example([.](com|net|org))?|test|invalid|localhost|local|internal|lan|home|corp)$")
"""The end of an address at a domain that is nobody's, which Let's Encrypt refuses. Source: RFC 2606, RFC 6762, 8."""
PROTOCOLS = ("acme-tls/1", "http/1.1")
"""What a list of application protocols has to name: by the first one the authority's challenge is answered."""
CHOSEN = ("cipherSuites", "curvePreferences")
"""The fields of TLSOptions that refuse clients which support other ones only."""


def troubles(platform: Platform) -> list[str]:
    """Why production's Traefik would not have the certificates that are promised, in words."""
    spec, parts = production_spec(platform), ("traefik", *ROUTED)
    there = [item for part in parts for item in platform.rendering.production(part)]
    here = [item for part in parts for item in platform.render(part)]
    started = {**running_specs(platform.cluster), "production": spec}
    twice = [f"{where} is given {name} twice" for where, one in started.items() for name in given_twice(one)]
    return twice + wrong_authority(options_of(spec), platform.environment) + unanswered(here, there)


def given_twice(spec: Mapping[str, Any]) -> list[str]:
    """The options with which a pod's container is started more than once: which of them counts is left to Traefik."""
    arguments = spec["containers"][0].get("args") or []
    names = [argument.partition("=")[0].lower() for argument in arguments]
    return sorted({name for name in names if names.count(name) > 1})


def wrong_authority(options: Mapping[str, str], environment: Environment) -> list[str]:
    """Why the platform's resolver would not order the environment's authority's usual certificates, in words."""
    begin = f"certificatesresolvers.{RESOLVER}.acme."
    # What adapts production's overlays to Pebble may name Pebble's own profile.
    known = [*PROFILES, *(["default"] if environment.patches and environment.acme == "pebble" else [])]
    asked, profile = options.get(f"{begin}caserver", ""), options.get(f"{begin}profile")
    wanted = DIRECTORIES[environment.acme]
    said = [] if asked == wanted else [f"production orders from {asked or 'the default authority'}, not from {wanted}"]
    if profile is not None and profile not in known:
        said.append(f"production orders certificates of the profile {profile}, not of one of {known}")
    return said + refused(options.get(f"{begin}email", ""), options.get(f"{begin}keytype", KEYS[-1]))


def refused(contact: str, key: str) -> list[str]:
    """Why Let's Encrypt would refuse an account with this contact, or an order with this type of key, in words."""
    is_fine = not contact or (CONTACT.fullmatch(contact) and not NOBODYS.search(contact.lower()))
    said = [] if is_fine else [f"production registers with the address {contact}, which the authority refuses"]
    return said if key.upper() in KEYS else [*said, f"production's keys are {key}, which is none of {', '.join(KEYS)}"]


def unanswered(here: Iterable[Manifest], there: Iterable[Manifest]) -> list[str]:
    """The settings of production's default TLSOption that refuse the authority's challenge or clients, in words."""
    proven = [item["spec"] for item in defaults(here)]
    said = []
    for item in defaults(there):
        spec = item.get("spec") or {}
        named = spec.get("alpnProtocols")
        missing = [name for name in PROTOCOLS if named and name not in named]
        said += [f"production's TLS options name the protocols {named}, without {name}" for name in missing]
        said += [
            f"production's TLS options have {key} {spec[key]}, which nothing has here"
            for key in CHOSEN
            if spec.get(key) and all(one.get(key) != spec[key] for one in proven)
        ]
    return said


def defaults(objects: Iterable[Manifest]) -> list[Manifest]:
    """The TLSOptions of every route that names none."""
    return [item for item in objects if item["kind"] == "TLSOption" and item["metadata"]["name"] == "default"]
