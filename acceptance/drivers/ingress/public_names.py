"""Names of production's certificates that no public record leads to: the authority cannot validate them. Source: 4.4.

Here all names resolve to Traefik (`authority.point_dns_at_traefik`), so that any of them gets a certificate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress import route_rules
from acceptance.drivers.ingress.certified_hosts import by_dns, covers, orders_of
from acceptance.drivers.ingress.route_rules import Rule
from acceptance.drivers.ingress.traefik_options import Options, options_of, production_spec
from acceptance.platform.platform import Platform

VARIABLES = ROOT / "infrastructure" / "aws" / "variables.tf"
"""What names the hosts for which production's infrastructure makes records."""


def hosts_with_records(text: str, domain: str) -> list[str]:
    """The names with records, by the default of the variable `hosts`. Raises AssertionError if it has none."""
    block = re.search(r'^variable "hosts" \{(.*?)^\}', text, re.DOTALL | re.MULTILINE)
    given = re.search(r"default\s*=\s*\[(.*?)\]", block[1], re.DOTALL) if block else None
    assert given, f"expected the hosts of the platform in {VARIABLES} (variable hosts), saw none"
    return [f"{name}.{domain}".lstrip(".@") for name in re.findall(r'"([^"]*)"', given[1])]


def without_records(platform: Platform) -> list[str]:
    """The names of production's certificates without a record, in words."""
    known = hosts_with_records(VARIABLES.read_text(), platform.environment.domain)
    return not_led_to(route_rules.production_rules(platform), known, options_of(production_spec(platform)))


def not_led_to(rules: Iterable[Rule], known: Iterable[str], options: Options) -> list[str]:
    """The names of rules' certificates that are none of the known ones, in words.

    One of them fails the whole order. The challenge over DNS needs no record of the host's own.
    """
    records = list(known)
    return [
        f"no record leads to {name}, for which {rule.namespace}/{rule.route} orders a certificate with {names}"
        for rule in rules
        if not by_dns(rule, options)
        for names in orders_of(rule)
        for name in names
        if not any(covers(record, name) for record in records)
    ]
