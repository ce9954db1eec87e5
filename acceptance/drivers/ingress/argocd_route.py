"""Whether everything that users ask Argo CD's host for gets to Argo CD's server: its page as well as its API.

Source: 3.9, 13.1, 13.2 and 13.6, which speak of the UI. A route may leave the API alone and take the page away.
"""

from __future__ import annotations

from acceptance.base.deadlines import ROUTE_READY
from acceptance.base.waiting import eventually
from acceptance.clients.argocd import ArgoCD
from acceptance.drivers.ingress import route_matching, route_rules
from acceptance.drivers.ingress.route_rules import Rule
from acceptance.platform.platform import Platform

SERVER = "argocd/argocd-server"
HINT = "kubectl get ingressroutes -A; kubectl -n argocd get pods"


def wrong_everywhere(platform: Platform) -> list[str]:
    """The rules that take requests for Argo CD's host elsewhere, or leave some to nobody, here and in production."""
    host = f"argocd.{platform.environment.domain}"
    here = route_rules.all_rules(platform.cluster)
    there = route_rules.production_rules(platform)
    return taken_elsewhere(here, host) + [f"in production {text}" for text in taken_elsewhere(there, host)]


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
