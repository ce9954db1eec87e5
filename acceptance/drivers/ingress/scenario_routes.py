"""Scenarios' own routes to a server pod, and the answers behind routes."""

from __future__ import annotations

import re
import secrets
from typing import Any

import requests

from acceptance.base.conditions import as_json
from acceptance.base.deadlines import CERTIFICATE_ISSUED, ROUTE_READY, Deadline
from acceptance.base.environment import Environment
from acceptance.base.waiting import consistently, eventually
from acceptance.clients.docker import docker
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.ingress.route_rules import TRAEFIK, Rule
from acceptance.drivers.ingress.tls_options import refuses_unknown_names
from acceptance.drivers.ingress.traefik_options import RESOLVER
from acceptance.drivers.workloads.server_pod import Server
from acceptance.platform.authority import NAMESPACE

LOGS = "kubectl -n traefik logs deploy/traefik"
HINT = f"kubectl get ingressroutes -A; {LOGS}"
REFUSED = "connection refused"
OF_TLS = re.compile("HTTPS|SSL|TLS")
"""Words of a server's 400 to plain HTTP on a TLS port."""
FRESH = 24
"""Requests over new connections where a target is chosen: enough to see a misrouted one if a quarter are."""
STAYS = Deadline(4, "criterion 4.11: while no pod is healthy")


def external_addresses(cluster: Cluster) -> list[str]:
    """The external addresses of Traefik's Service. Raises AssertionError unless it is a LoadBalancer that has some."""
    service = cluster.core.read_namespaced_service("traefik", NAMESPACE)
    assert service.spec.type == "LoadBalancer", (
        f"expected the Service traefik to be of type LoadBalancer, saw {service.spec.type}"
    )
    ingress = service.status.load_balancer.ingress or []
    addresses = [item.ip or item.hostname for item in ingress] or service.spec.external_ips or []
    assert addresses, "the Service traefik has no external address. Try: kubectl -n traefik describe svc traefik"
    return list(addresses)


def answer_at(address: str, host: str, network: str, image: str) -> str:
    """The first line of the answer of `address` on port 80, and whether port 443 accepts connections.

    Asked from the platform's `network`, but not from a node, where kube-proxy answers for any address of the Service.
    """
    request = f"GET / HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n"
    plain = f"printf '{request}' | nc -w 5 {address} 80 2>&1 | head -1"
    secure = f"nc -w 5 {address} 443 </dev/null >/dev/null 2>&1 && echo 443 open || echo 443 closed"
    command = ("sh", "-c", f"{plain}; {secure}")
    return docker("run", "--rm", "--network", network, image, *command, check=False).replace("\r", "")


def is_open(text: str) -> bool:
    """Whether `answer_at` saw a server at both ports; a proxy in front of an absent server answers 5xx."""
    return bool(re.match(r"HTTP/1\.1 [234]\d\d ", text)) and "443 open" in text


def create_route(server: Server, environment: Environment, path: str = "/", resolver: str | None = None) -> str:
    """Create an IngressRoute to the server pod for a new host; return the host.

    Without a `resolver` it is served with Traefik's own certificate, unless Traefik wants one for each name.
    """
    namespace = server.namespace
    resolver = resolver or (RESOLVER if refuses_unknown_names(namespace.cluster) else None)
    host = f"{namespace.name}-{secrets.token_hex(2)}.{environment.scenario_domain}"
    route = {
        "apiVersion": "/".join(TRAEFIK), "kind": "IngressRoute", "metadata": {"name": host.partition(".")[0]},
        "spec": {"entryPoints": ["websecure"],
                 "routes": [{"kind": "Rule", "match": f"Host(`{host}`) && PathPrefix(`{path}`)",
                             "services": [{"name": "server", "port": 8080}]}],
                 "tls": {"certResolver": resolver} if resolver else {}},
    }  # fmt: skip
    namespace.cluster.custom.create_namespaced_custom_object(*TRAEFIK, namespace.name, "ingressroutes", route)
    return host


def wait_reaches_pod(anyone: requests.Session, server: Server, host: str, path: str) -> dict[str, Any]:
    """Wait until requests below `path` reach the server pod unchanged; return the request that it saw."""
    wanted = (server.pod, host, f"{path.rstrip('/')}/below?query=1")

    def reach() -> dict[str, Any]:
        answer = anyone.get(f"https://{host}{wanted[2]}", headers={"Connection": "close"})
        assert answer.status_code == 200, f"HTTP {answer.status_code} for {answer.url}"
        seen = dict(as_json(answer.text))
        assert (seen["pod"], seen["host"], seen["path"]) == wanted, (
            f"pod {seen['pod']} was asked for {seen['host']}{seen['path']}"
        )
        return seen

    seen = eventually(reach, within=ROUTE_READY, what=f"requests for {host} to reach the pod", hint=LOGS)
    for number in range(1, FRESH + 1):
        try:
            reach()
        except AssertionError as error:
            raise AssertionError(f"expected {host} to reach the pod every time; request {number}: {error}") from error
    return seen


def status_of(anyone: requests.Session, host: str) -> int:
    """The status of a request over a new connection. Raises AssertionError if there is no answer."""
    try:
        return anyone.get(f"https://{host}/", headers={"Connection": "close"}).status_code
    except requests.RequestException as error:
        raise AssertionError(f"no answer from https://{host}/: {type(error).__name__}") from error


def statuses_elsewhere(anyone: requests.Session, cluster: Cluster, url: str) -> set[int]:
    """The statuses of FRESH requests for what has no route.

    Where Traefik refuses names without a certificate, the end of the connection is as good as its 404.
    """
    refuses, seen = refuses_unknown_names(cluster), set()
    for _ in range(FRESH):
        try:
            seen.add(anyone.get(url, headers={"Connection": "close"} if refuses else None).status_code)
        except requests.exceptions.SSLError as error:
            if not refuses or "ALERT" not in str(error).upper():
                raise AssertionError(f"no answer from {url}: {error}") from error
            seen.add(404)
    return seen


def stays_answered_with(anyone: requests.Session, host: str, code: int, before: int | None = None) -> None:
    """Wait until requests are answered with `code`, and see that they all are, for some seconds.

    `before`: the status until then; if given, any third status fails. Raises TimedOut, DidNotStay or AssertionError.
    """
    others: set[int] = set()

    def answered() -> bool:
        seen = status_of(anyone, host)
        others.add(seen)
        assert seen == code, f"HTTP {seen}"
        return True

    eventually(answered, within=ROUTE_READY, what=f"HTTP {code} for {host}", hint=LOGS)
    between = sorted(others - {code, before})
    assert before is None or not between, f"expected {before} and then {code} for {host}, saw {between} between them"
    consistently(answered, during=STAYS, what=f"HTTP {code} for {host}", hint=LOGS, every=0.2)


def plain_http_statuses(server: Server, rules: list[Rule]) -> dict[str, Any]:
    """The status with which each Service behind rules answers plain HTTP from a pod, by NAMESPACE/NAME:PORT.

    A TraefikService, such as `noop@internal` behind a redirect, is none.
    """
    every = [(one.get("namespace") or rule.namespace, one) for rule in rules for one in rule.services]
    behind = [(home, item) for home, item in every if item.get("kind") != "TraefikService"]
    return {f"{home}/{item['name']}:{item['port']}": plain_http_status(server, home, item) for home, item in behind}


def plain_http_status(server: Server, home: str, service: dict[str, Any]) -> Any:
    """The status with which a Service answers plain HTTP from a pod, or REFUSED where none of its pods is ready."""
    assert service.get("scheme") in (None, "http"), (
        f"expected plain HTTP to each Service, but a route in {home} speaks TLS to {service}"
    )
    address = f"http://{service['name']}.{home}:{number_of(server.namespace.cluster, home, service)}/"
    # It takes a moment until each node's network policies know a new pod.
    ask = lambda: plain_http_answer(server, home, service["name"], address)  # noqa: E731
    answer = eventually(ask, within=ROUTE_READY, what=f"an answer to plain HTTP at {address}", hint=HINT)
    status, said = answer["status"], answer.get("body", "")
    # A 400 is no failure by itself: a service may refuse `/` for its own reasons. Only one about TLS is.
    assert status != 400 or not OF_TLS.search(said), f"expected plain HTTP at {address}, saw 400: {said[:200]}"
    return status


def number_of(cluster: Cluster, home: str, service: dict[str, Any]) -> str:
    """The number of a Service's port, which a route may call by its name. Raises AssertionError if it has none such."""
    wanted = str(service["port"])
    if wanted.isdigit():
        return wanted
    ports = cluster.core.read_namespaced_service(service["name"], home).spec.ports
    found = [str(port.port) for port in ports if port.name == wanted]
    assert found, f"expected a port {wanted} of the Service {home}/{service['name']}, as a route calls it, saw none"
    return found[0]


def plain_http_answer(server: Server, home: str, name: str, address: str) -> dict[str, Any]:
    """The answer, with status and body. Raises AssertionError if there is none although a pod is ready."""
    try:
        return dict(as_json(server.namespace.execute(server.pod, "/probe", "http", "GET", address)))
    except AssertionError as error:
        if REFUSED in str(error) and not has_ready_pod(server.namespace.cluster, home, name):
            # Without a ready pod it speaks neither plain HTTP nor TLS.
            return {"status": REFUSED}
        raise


def has_ready_pod(cluster: Cluster, home: str, name: str) -> bool:
    """Whether a Service has a ready endpoint."""
    endpoints = cluster.core.list_namespaced_endpoints(home, field_selector=f"metadata.name={name}").items
    return any(part.addresses for item in endpoints for part in item.subsets or [])


def tell(server: Server, path: str) -> None:
    """POST to the server pod directly: its Service and route do not lead to it while it is not Ready."""
    core = server.namespace.cluster.core
    core.connect_post_namespaced_pod_proxy_with_path(f"{server.pod}:8080", server.namespace.name, path)


def answered(users: requests.Session, method: str, address: str, **settings: Any) -> requests.Response:
    """The answer at an address, once its host has a certificate of the environment's authority. Raises TimedOut."""
    what = f"an answer from {address}"
    ask = lambda: users.request(method, address, **settings)  # noqa: E731
    return eventually(ask, within=CERTIFICATE_ISSUED, what=what, hint=HINT)
