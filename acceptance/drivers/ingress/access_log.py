"""Which pod received a request, according to Traefik's access log, whatever the services log. Source: 4.8 to 4.10."""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import requests

from acceptance.base.deadlines import LOGS_READABLE
from acceptance.base.environment import Environment
from acceptance.base.errors import UserError
from acceptance.base.waiting import eventually
from acceptance.clients.web import url
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.rotated_logs import rotated
from acceptance.drivers.ingress.redirects import known_paths
from acceptance.drivers.ingress.route_rules import HTTPS, TRAEFIK, Rule
from acceptance.drivers.ingress.scenario_routes import FRESH, LOGS, answered
from acceptance.drivers.ingress.traefik_options import Options, below, options_of, running_specs
from acceptance.platform.authority import NAMESPACE
from acceptance.platform.routes import SERVICES

NOT_REACHED = (500, 502, 504)
"""Traefik's statuses if a pod did not answer; 500 if Traefik spoke TLS to a pod that speaks HTTP."""
LARGE = {
    "Cookie": "; ".join(f"cookie-{number}={'x' * 1500}" for number in range(4)),
    "Authorization": f"Bearer {'x' * 2000}",
}
"""Headers of 8 KiB in all, as large as those of users with cookies and a long token.

Common servers accept them (Node.js 16 KiB, nginx 8 KiB a line, h11 64 KiB, Go 1 MiB).
"""
ENCODED = "a%2Fb%2520c%23d%3Fe%3Bf"
"""The end of a path with an encoded slash, percent sign, hash, question mark and semicolon, as links have with names.

Traefik 3.6 passes all of them on unless it is told not to (its manual, "Request Path"). Decoded twice it is still a
path.
"""
READ = ("RequestPath", "ServiceAddr")
"""The fields of the access log that are read here."""
TOO_LARGE = 431
"""The status for headers that exceed a server's limit (RFC 6585, 5). Traefik does not log such a request."""


@dataclass
class MarkedRequests:
    """Requests that carry a mark each: since when (Unix time), what each asked for, and its answer, by mark."""

    since: float = field(default_factory=time.time)
    asked: dict[str, str] = field(default_factory=dict)
    answers: dict[str, requests.Response] = field(default_factory=dict)

    def new(self, what: str) -> str:
        """A mark for a further request that is sent by other means; `what` says what it asks for."""
        mark = f"mark-{secrets.token_hex(8)}"
        self.asked[mark] = what
        return mark

    def send(self, users: requests.Session, method: str, address: str, **headers: str) -> None:
        """Send a marked request over its own connection."""
        mark = self.new(f"{method} {address}")
        marked = f"{address}{'&' if '?' in address else '?'}{mark}"
        more = {"Connection": "close", **headers}
        self.answers[mark] = users.request(method, marked, headers=more, allow_redirects=False)

    def too_large(self) -> list[str]:
        """The requests that were refused for the size of their headers, in words."""
        found = [self.asked[mark] for mark, answer in self.answers.items() if answer.status_code == TOO_LARGE]
        return [f"{what} with headers of 8 KiB: {TOO_LARGE}" for what in found]


def send_everywhere(users: requests.Session, environment: Environment, name: str, rules: list[Rule]) -> MarkedRequests:
    """Send marked requests to a host: to unknown paths, and to each path that is known or named by a rule."""
    # A rule for another host may also match a path of this one.
    named = [path for rule in rules for path in rule.paths]
    paths = {f"/{secrets.token_hex(4)}", "/", *known_paths(environment)[name], *named}
    answered(users, "GET", url(environment.domain, name, "/"))
    marked = MarkedRequests()
    marked.send(users, "GET", url(environment.domain, name, f"/{secrets.token_hex(4)}/{ENCODED}"))
    # No sign-in and no nonce: another criterion judges their rate limit. Their refusals are not counted.
    nonce, siwe = environment.services.nonce_path, environment.services.siwe_path
    for path in sorted(paths):
        for _ in range(FRESH // 2):
            marked.send(users, "DELETE" if path == nonce else "GET", url(environment.domain, name, path))
        marked.send(users, "DELETE" if path == nonce else "GET", url(environment.domain, name, path), **LARGE)
        if path not in (nonce, siwe):
            marked.send(users, "POST", url(environment.domain, name, path))
    return marked


def fresh(users: requests.Session, method: str, address: str, **settings: Any) -> requests.Response:
    """The answer to a request over its own connection. Raises AssertionError if there is none in time."""
    try:
        headers = {"Connection": "close"} | settings.pop("headers", {})
        return users.request(method, address, headers=headers, allow_redirects=False, **settings)
    except requests.RequestException as error:
        raise AssertionError(f"no answer to {method} {address}: {error}") from error


def send_often(users: requests.Session, address: str) -> MarkedRequests:
    """Send FRESH marked requests to one address."""
    answered(users, "GET", address)
    marked = MarkedRequests()
    for _ in range(FRESH):
        marked.send(users, "GET", address)
    return marked


def entries(cluster: Cluster, found: Iterable[Any], since: float) -> list[str]:
    """The entries of marked requests in the access logs of Traefik's pods since a moment (Unix time)."""
    seconds = max(1, int(time.time() - since) + 2)
    read = cluster.core.read_namespaced_pod_log
    return marked_lines([str(read(pod.metadata.name, NAMESPACE, since_seconds=seconds)) for pod in found])


def marked_lines(logs: Iterable[str]) -> list[str]:
    """The entries of marked requests."""
    return [line for log in logs for line in log.splitlines() if line.startswith("{") and "mark-" in line]


def pods(cluster: Cluster) -> list[Any]:
    """Traefik's pods."""
    return list(cluster.core.list_namespaced_pod(NAMESPACE, label_selector="app=traefik").items)


def addresses(lines: list[str], marks: list[str]) -> dict[str, str]:
    """The address of the pod that received each marked request: empty if none did. Unlogged marks are left out."""
    found = {}
    for line in lines:
        entry = json.loads(line)
        mark = str(entry.get("RequestPath", "")).rpartition("mark-")[2]
        if f"mark-{mark}" in marks:
            found[f"mark-{mark}"] = str(entry.get("ServiceAddr", "")).rpartition(":")[0]
    return found


def hidden_by(options: Options) -> list[str]:
    """The options because of which Traefik's access log does not say which pod received each request."""
    own = f"entrypoints.{HTTPS}.observability.accesslogs"
    said = {
        "accesslog": options.get("accesslog", "false").lower() == "false" and not below(options, "accesslog."),
        "accesslog.format": options.get("accesslog.format", "common") != "json",
        "accesslog.filepath": bool(options.get("accesslog.filepath")),
        **dict.fromkeys(below(options, "accesslog.filters."), True),
        **{name: options.get(name, "keep") != "keep" for name in map(functools.partial(decides, options), READ)},
        own: options.get(own, "true").lower() == "false",
    }
    return [f"--{name}={options.get(name, '')}" for name, hides in said.items() if hides]


def decides(options: Options, field: str) -> str:
    """The option that decides whether a field is in the access log: the field's own, or that of all."""
    own = f"accesslog.fields.names.{field.lower()}"
    return own if own in options else "accesslog.fields.defaultmode"


def not_logged(routes: list[Manifest]) -> list[str]:
    """The IngressRoutes to services whose requests are not logged, in words."""
    return [
        f"observability.accessLogs: false of the IngressRoute {route['metadata']['name']}"
        for route in routes
        for rule in route["spec"].get("routes") or []
        if (rule.get("observability") or {}).get("accessLogs") is False
        and any(service["name"] in SERVICES for service in rule.get("services") or [])
    ]


def check_is_readable(cluster: Cluster) -> None:
    """Raise UserError if Traefik's access log does not say what is read from it: it is a means, not what is judged."""
    options = [word for spec in running_specs(cluster).values() for word in hidden_by(options_of(spec))]
    routes = cluster.custom.list_cluster_custom_object(*TRAEFIK, "ingressroutes")["items"]
    if found := dict.fromkeys(options + not_logged(routes)):
        what = f"Traefik's access log does not say which pod receives each request, because of {', '.join(found)}"
        raise UserError(
            what, "have Traefik log all requests as JSON to its output: --accesslog --accesslog.format=json"
        )


def wait_addresses(cluster: Cluster, marked: MarkedRequests) -> dict[str, str]:
    """Wait until Traefik's access log has every mark; return the pods' addresses by mark.

    Raises TimedOut, and UserError if it never would.
    """
    check_is_readable(cluster)

    def logged() -> dict[str, str]:
        found = pods(cluster)
        seen = addresses(entries(cluster, found, marked.since), [*marked.asked])
        if len(seen) < len(marked.asked):
            before = marked_lines(rotated(cluster, pod) for pod in found)
            seen |= addresses(before, [*marked.asked])
        missing = [what for mark, what in marked.asked.items() if mark not in seen]
        assert not missing, f"{len(seen)} of {len(marked.asked)} marked requests logged, not {', '.join(missing[:5])}"
        return seen

    return eventually(logged, within=LOGS_READABLE, what="all requests in Traefik's access log", hint=LOGS)


def by_pod(cluster: Cluster, marked: MarkedRequests, own: dict[str, str]) -> tuple[dict[str, int], list[str]]:
    """The number of requests that each pod received, and the requests that no pod of `own` (names by address) answered.

    If headers were too large for some server, only those requests are returned: the log does not tell which server.
    """
    if refused := marked.too_large():
        return {}, refused
    asked = wait_addresses(cluster, marked)
    counts: dict[str, int] = {}
    for address in asked.values():
        name = own.get(address, address or "nobody")
        counts[name] = counts.get(name, 0) + 1
    others = {
        f"{what} -> {own.get(asked[mark], asked[mark] or 'nobody')}: {marked.answers[mark].status_code}"
        for mark, what in marked.asked.items()
        if asked[mark] not in own or marked.answers[mark].status_code in NOT_REACHED
    }
    return counts, sorted(others)


def pods_of(cluster: Cluster, name: str) -> dict[str, str]:
    """The names of a platform Deployment's pods, by address: those that its ReplicaSets own."""
    owners = {
        item.metadata.uid
        for item in cluster.apps.list_namespaced_replica_set("default").items
        if any(owner.kind == "Deployment" and owner.name == name for owner in item.metadata.owner_references or [])
    }
    pods = cluster.core.list_namespaced_pod("default").items
    return {
        pod.status.pod_ip: pod.metadata.name
        for pod in pods
        if any(owner.uid in owners for owner in pod.metadata.owner_references or [])
    }
