"""Whether everything that users ask Argo CD's host for gets to Argo CD's server: its page as well as its API.

Source: 3.9, 13.1, 13.2 and 13.6, which speak of the UI. A route may leave the API alone and take the page away.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from acceptance.base.deadlines import ROUTE_READY
from acceptance.base.waiting import eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.drivers.ingress import route_matching, route_rules, tls_options
from acceptance.drivers.ingress import route_middlewares as passed
from acceptance.drivers.ingress.route_rules import Rule
from acceptance.platform.platform import Platform

Specs = dict[str, dict[str, Any]]
"""The specs of objects, by NAMESPACE/NAME."""
SERVER = "argocd/argocd-server"
TURN_AWAY = {"inFlightReq", "rateLimit", "buffering", "errors", "circuitBreaker"}
"""Kinds of Middleware that answer users in Argo CD's place: its page loads many files at once and keeps streams."""
SIGN_IN = "/api/v1/session"
"""Where Argo CD's API takes passwords; guessing them may be limited."""
HINT = "kubectl get ingressroutes -A; kubectl -n argocd get pods"


def wrong_everywhere(platform: Platform) -> list[str]:
    """What takes requests for Argo CD's host elsewhere, turns some away or leaves some to nobody, here and there."""
    host = f"argocd.{platform.environment.domain}"
    here, there = route_rules.all_rules(platform.cluster), route_rules.production_rules(platform)
    found = taken_elsewhere(there, host) + hindered_in_production(platform, there, host)
    return taken_elsewhere(here, host) + hindered(platform, here, host) + [f"in production {text}" for text in found]


def hindered(platform: Platform, rules: list[Rule], host: str) -> list[str]:
    """What turns some requests for a host away before they get to Argo CD, in words: Middlewares, TLS options."""
    middlewares, options = passed.live_middlewares(platform.cluster), tls_options.live_specs(platform.cluster)
    return turns_away(rules, host, middlewares, options) + hindering(passed.live_entries(platform, middlewares))


def hindered_in_production(platform: Platform, rules: list[Rule], host: str) -> list[str]:
    """The same as production renders it."""
    middlewares, options = passed.production_middlewares(platform), tls_options.production_specs(platform)
    return turns_away(rules, host, middlewares, options) + hindering(passed.production_entries(platform, middlewares))


def hindering(found: Iterable[passed.Named]) -> list[str]:
    """The Middlewares among these that turn users away."""
    return [text for text, kinds in found if TURN_AWAY & {*kinds}]


def turns_away(rules: list[Rule], host: str, middlewares: Specs, options: Specs) -> list[str]:
    """The Middlewares and TLS options of the rules for a host that turn some requests or clients away, in words.

    Who signs in elsewhere first, or comes from an office, may be asked for that: such Middlewares are right, and so is
    a limit for signing in alone.
    """
    own = [rule for rule in rules if rule.may_take(host) and names_any(rule)]
    used = [rule for rule in own if not signs_in(rule)]
    chosen = [(rule, rule.tls["options"]) for rule in own if rule.tls.get("options")]
    rejecting = [
        f"{rule.match} has the TLS options {name}: {options[name]}"
        for rule, item in chosen
        if (name := f"{item.get('namespace') or rule.namespace}/{item['name']}") in options
        and tls_options.refusals(options[name])
    ]
    return hindering(passed.through(used, middlewares)) + rejecting


def taken_elsewhere(rules: list[Rule], host: str) -> list[str]:
    """The rules that may take requests for a host away from Argo CD's server, in words; also if none takes all paths.

    A second rule for some requests is right if it leads there, too: Argo CD's manual has one for gRPC. One that names
    no host, such as an error page for all that nobody serves, comes after those that do.
    """
    taking = [rule for rule in rules if rule.may_take(host) and names_any(rule)]
    wrong = [f"{rule.match} leads to {rule.leads_to()}" for rule in taking if rule.leads_to() != [SERVER]]
    whole = [rule for rule in taking if takes_every_path(rule)]
    return wrong + ([] if whole else [f"no rule takes every path of {host}: {[rule.match for rule in taking]}"])


def names_any(rule: Rule) -> bool:
    """Whether a rule names a host, or a pattern of hosts."""
    return bool(route_matching.words(rule.match, "Host", "HostRegexp"))


def signs_in(rule: Rule) -> bool:
    """Whether a rule takes only requests by which users sign in."""
    return bool(rule.paths) and not rule.untried and all(path.startswith(SIGN_IN) for path in rule.paths)


def takes_every_path(rule: Rule) -> bool:
    """Whether a rule takes all requests for its hosts, whatever their path."""
    prefixes = route_matching.words(rule.match, "PathPrefix")
    return not rule.untried and not route_matching.words(rule.match, "Path") and {*prefixes} <= {"/"}


def wait_same_page(host: ArgoCD, server: ArgoCD) -> str:
    """Wait until `/` gives the same at Argo CD's host as at its server past Traefik; say what. Raises TimedOut."""

    def same() -> str:
        seen, wanted = host.page(), server.page()
        assert seen == wanted, f"{described(seen)} at {host.base()}/, but {described(wanted)} from the server itself"
        return described(seen)

    return eventually(same, within=ROUTE_READY, what="the same page at Argo CD's host as from its server", hint=HINT)


def described(page: tuple[int, str]) -> str:
    """A page's status and how it begins."""
    return f"{page[0]} {page[1].strip()[:80]!r}"
