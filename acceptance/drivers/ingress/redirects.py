"""Plain HTTP: every host and path is redirected to the same page over HTTPS. Source: 4.3, 12.5."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

import requests

from acceptance.base.environment import Environment
from acceptance.drivers.ingress import route_rules
from acceptance.drivers.ingress.route_rules import Rule

METHODS = {"GET": (301,), **dict.fromkeys(("HEAD", "POST", "PUT", "DELETE", "OPTIONS"), (301, 308))}
"""The accepted statuses by method. The criteria require 301 for browsers' requests, so GET must get exactly that.

Traefik 3 answers HEAD, which `curl -I` sends, and all other methods with 308 (RFC 9110, 15.4.9), which keeps the
method. These may get either; content over plain HTTP is wrong for every method.
"""
QUERY = "?from=mail&x=1"
ON_THE_WAY = ("/ping", "/metrics", "/api", "/dashboard/", "/.well-known/x", "/healthz", "/haproxy?stats")
"""Paths at which Traefik or a load balancer before it may answer itself, whatever the host.

/.well-known/acme-challenge/ is not among them: a resolver that uses http-01 answers there. Source: RFC 8555, 8.3.
"""


def known_paths(environment: Environment) -> dict[str, list[str]]:
    """The paths that users request from each service, by the host's first label."""
    services = environment.services
    return {
        "www": [*services.headings, services.logo_path or "/assets/logo.svg", "/_next/static/x"],
        "api": ["/health", services.graphql_path],
        "auth": [services.auth_health_path, services.nonce_path, services.siwe_path, services.validate_path],
    }


def pages(environment: Environment, rules: Iterable[Rule]) -> list[str]:
    """The plain-HTTP URL of each known path of each host of services and routes, and of a host without a route.

    At each of them the own paths of what is on the way are among these.
    """
    rules = list(rules)
    known = {f"{name}.{environment.domain}": paths for name, paths in known_paths(environment).items()}
    hosts = [*sorted({*route_rules.hosts(rules), *known}), f"nobody-{secrets.token_hex(3)}.{environment.domain}"]
    found, always = [], {"/", f"/consulting{QUERY}", *ON_THE_WAY}
    for host in hosts:
        named = [path for rule in rules if rule.may_take(host) for path in rule.paths]
        found += [f"http://{host}{path}" for path in sorted({*always, *known.get(host, []), *named})]
    return found


def pages_of(environment: Environment, rules: Iterable[Rule], name: str) -> list[str]:
    """The same for one of the services' hosts, by first label (`api`). Raises AssertionError for an unknown host."""
    host = f"{name}.{environment.domain}"
    found = [address for address in pages(environment, rules) if urlsplit(address).hostname == host]
    assert found, f"expected known paths, but no path of the host {host} is known. Try: kubectl get ingressroutes -A"
    return found


def ask(anyone: requests.Session, method: str, address: str) -> requests.Response:
    """The answer at an address without following redirects, over a new connection."""
    return anyone.request(method, address, allow_redirects=False, headers={"Connection": "close"})


def wrong_redirect(answer: requests.Response, statuses: Iterable[int] = (301,)) -> str:
    """Why an answer is not a redirect to the same page over HTTPS; empty if it is one."""
    what = f"{answer.request.method} {answer.url}: {answer.status_code}"
    if answer.status_code not in statuses:
        return what
    told, asked = urlsplit(answer.headers.get("Location", "")), urlsplit(answer.url)
    seen = (told.scheme, told.hostname, told.path or "/", told.query, told.port or 443)
    wanted = ("https", asked.hostname, asked.path or "/", asked.query, 443)
    return "" if seen == wanted else f"{what}, Location {told.geturl()}"


def judged(anyone: requests.Session, addresses: list[str]) -> dict[str, list[str]]:
    """What is wrong with the redirect of each address, by method."""
    return {
        method: [text for address in addresses if (text := wrong_redirect(ask(anyone, method, address), statuses))]
        for method, statuses in METHODS.items()
    }
