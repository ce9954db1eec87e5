"""Routes: of scenarios' own to a server pod, and the platform's, judged by who was asked."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import requests

from acceptance.base.conditions import as_json
from acceptance.base.environment import Environment
from acceptance.base.waiting import (
    CERTIFICATE_ISSUED,
    LOGS_READABLE,
    ROUTE_READY,
    Deadline,
    consistently,
    eventually,
)
from acceptance.clients.docker import docker
from acceptance.clients.web import url
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.server import Server
from acceptance.platform.authority import NAMESPACE

LOGS = "kubectl -n traefik logs deploy/traefik"
HINT = f"kubectl get ingressroutes -A; {LOGS}"
ROUTES = ("traefik.io", "v1alpha1")
REFUSED = "connection refused"
MARKS = 24
"""Requests that are sent to a host, each over a connection of its own: if a fourth goes elsewhere, one of them does."""
STAYS = Deadline(4, "criterion 4.11: while no pod is healthy")


def external_addresses(cluster: Cluster) -> list[str]:
    """The external addresses of Traefik's Service. Raises AssertionError unless it is a LoadBalancer that has some."""
    service = cluster.core.read_namespaced_service("traefik", NAMESPACE)
    assert service.spec.type == "LoadBalancer", f"expected type LoadBalancer, saw {service.spec.type}"
    ingress = service.status.load_balancer.ingress or []
    addresses = [item.ip or item.hostname for item in ingress] or service.spec.external_ips or []
    assert addresses, "the Service has no external address. Try: kubectl -n traefik describe svc traefik"
    return list(addresses)


def answer_at(address: str, host: str, network: str, image: str) -> str:
    """The first line that `address` answers on port 80 and whether 443 takes connections, asked from `network`.

    From the platform's network, but from no node: there kube-proxy answers for whatever the Service names.
    """
    request = f"GET / HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n\\r\\n"
    plain = f"printf '{request}' | nc -w 5 {address} 80 2>&1 | head -1"
    secure = f"nc -w 5 {address} 443 </dev/null >/dev/null 2>&1 && echo 443 open || echo 443 closed"
    command = ("sh", "-c", f"{plain}; {secure}")
    return docker("run", "--rm", "--network", network, image, *command, check=False).replace("\r", "")


def create_route(server: Server, environment: Environment, path: str = "/", resolver: str | None = None) -> str:
    """Create an IngressRoute to the server pod for a host of its own; return the host."""
    namespace = server.namespace
    host = f"{namespace.name}-{secrets.token_hex(2)}.{environment.scenario_domain}"
    route = {
        "apiVersion": "/".join(ROUTES), "kind": "IngressRoute", "metadata": {"name": host.partition(".")[0]},
        "spec": {"entryPoints": ["websecure"],
                 "routes": [{"kind": "Rule", "match": f"Host(`{host}`) && PathPrefix(`{path}`)",
                             "services": [{"name": "server", "port": 8080}]}],
                 "tls": {"certResolver": resolver} if resolver else {}},
    }  # fmt: skip
    namespace.cluster.custom.create_namespaced_custom_object(*ROUTES, namespace.name, "ingressroutes", route)
    return host


def wait_reaches_pod(anyone: requests.Session, server: Server, host: str, path: str) -> dict[str, Any]:
    """Wait until requests below `path` reach the server pod, as they were sent; return what it saw."""
    wanted = (server.pod, host, f"{path.rstrip('/')}/below?query=1")

    def reach() -> dict[str, Any]:
        answer = anyone.get(f"https://{host}{wanted[2]}")
        assert answer.status_code == 200, f"HTTP {answer.status_code}"
        seen = dict(as_json(answer.text))
        assert (seen["pod"], seen["host"], seen["path"]) == wanted, f"{seen['pod']} was asked for {seen['path']}"
        return seen

    return eventually(reach, within=ROUTE_READY, what=f"{host} to reach the pod", hint=LOGS)


def status_of(anyone: requests.Session, host: str) -> int:
    """The status of a request over a connection of its own. Raises AssertionError where there is no answer."""
    try:
        return anyone.get(f"https://{host}/", headers={"Connection": "close"}).status_code
    except requests.RequestException as error:
        raise AssertionError(f"{type(error).__name__}") from error


def stays_answered_with(anyone: requests.Session, host: str, code: int) -> None:
    """Requests come to be answered with `code`, and every one after that is, for some seconds."""

    def answered() -> bool:
        seen = status_of(anyone, host)
        assert seen == code, f"HTTP {seen}"
        return True

    eventually(answered, within=ROUTE_READY, what=f"HTTP {code} for {host}", hint=LOGS)
    consistently(answered, during=STAYS, what=f"HTTP {code} for {host}", hint=LOGS, every=0.2)


def routed_services(cluster: Cluster) -> list[tuple[str, dict[str, Any]]]:
    """Every Service behind every route but scenarios', with its namespace."""
    found = []
    for route in cluster.custom.list_cluster_custom_object(*ROUTES, "ingressroutes")["items"]:
        home = route["metadata"]["namespace"]
        if not home.startswith("scenario"):
            found += [(home, service) for rule in route["spec"]["routes"] for service in rule.get("services", [])]
    return found


def plain_http_status(server: Server, home: str, service: dict[str, Any]) -> Any:
    """The status that a Service gives to plain HTTP from a pod, or REFUSED where no pod of it is ready."""
    assert service.get("scheme") in (None, "http"), f"a route of {home} speaks TLS to its Service: {service}"
    address = f"http://{service['name']}.{home}:{service['port']}/"
    try:
        status = as_json(server.namespace.execute(server.pod, "/probe", "http", "GET", address))["status"]
    except AssertionError as error:
        if REFUSED in str(error):
            # It has no pod that is ready, and speaks neither.
            return REFUSED
        raise AssertionError(f"expected plain HTTP at {address}, saw: {error}") from error
    # What servers say to plain HTTP on a port that speaks TLS.
    assert status != 400, f"expected plain HTTP at {address}, it is answered with 400: does it speak TLS?"
    return status


def tell(server: Server, path: str) -> None:
    """Tell the server pod itself, past Service and route, which is not for pods that are not Ready."""
    core = server.namespace.cluster.core
    core.connect_post_namespaced_pod_proxy_with_path(f"{server.pod}:8080", server.namespace.name, path)


def answered(users: requests.Session, method: str, address: str, **settings: Any) -> requests.Response:
    """The answer at an address, once its host has a certificate that the environment's authority issued."""
    what = f"an answer at {address}"
    ask = lambda: users.request(method, address, **settings)  # noqa: E731
    return eventually(ask, within=CERTIFICATE_ISSUED, what=what, hint=HINT)


def send_marks(users: requests.Session, environment: Environment, host: str) -> list[str]:
    """Send requests with a mark in each path to a host, each over a connection of its own; return the marks."""
    marks = [f"/mark-{secrets.token_hex(8)}" for _ in range(MARKS)]
    answered(users, "GET", url(environment.domain, host, "/"))
    for mark in marks:
        users.get(url(environment.domain, host, mark), headers={"Connection": "close"})
    return marks


def asked_for(cluster: Cluster, marks: list[str], since: float) -> dict[str, str]:
    """The address of the pod that Traefik asked for each mark, by its own access log; those not logged yet left out."""
    seconds = max(1, int(time.time() - since) + 2)
    found = {}
    for pod in cluster.core.list_namespaced_pod(NAMESPACE, label_selector="app=traefik").items:
        log = cluster.core.read_namespaced_pod_log(pod.metadata.name, NAMESPACE, since_seconds=seconds)
        for line in str(log).splitlines():
            if '"RequestPath":"/mark-' in line:
                entry = json.loads(line)
                found[entry["RequestPath"]] = str(entry.get("ServiceAddr", "")).partition(":")[0]
    return {mark: found[mark] for mark in marks if mark in found}


def wait_asked(cluster: Cluster, marks: list[str], since: float) -> dict[str, str]:
    """Wait until Traefik's access log has every mark; return the pods' addresses by mark."""

    def logged() -> dict[str, str]:
        seen = asked_for(cluster, marks, since)
        assert len(seen) == len(marks), f"{len(seen)} of {len(marks)} requests"
        return seen

    return eventually(logged, within=LOGS_READABLE, what="the requests in Traefik's access log", hint=LOGS)


def pods_of(cluster: Cluster, name: str) -> dict[str, str]:
    """The pods of a Deployment of the platform's, by address: those that its ReplicaSets own."""
    owners = {
        item.metadata.uid
        for item in cluster.apps.list_namespaced_replica_set("default").items
        if any(owner.name == name for owner in item.metadata.owner_references or [])
    }
    pods = cluster.core.list_namespaced_pod("default").items
    return {
        pod.status.pod_ip: pod.metadata.name
        for pod in pods
        if any(owner.uid in owners for owner in pod.metadata.owner_references or [])
    }


def is_same_page_over_https(answer: requests.Response) -> str:
    """Why an answer is no 301 to the same page over HTTPS; empty if it is one."""
    if answer.status_code != 301:
        return f"GET {answer.url}: {answer.status_code}"
    told, asked = urlsplit(answer.headers.get("Location", "")), urlsplit(answer.url)
    seen = (told.scheme, told.hostname, told.path, told.query, told.port or 443)
    wanted = ("https", asked.hostname, asked.path, asked.query, 443)
    return "" if seen == wanted else f"GET {answer.url}: Location {told.geturl()}"


def hosts_of_routes(cluster: Cluster) -> list[str]:
    """The host of every route but scenarios'."""
    routes = cluster.custom.list_cluster_custom_object(*ROUTES, "ingressroutes")["items"]
    platform = [route for route in routes if not route["metadata"]["namespace"].startswith("scenario")]
    matches = [rule["match"] for route in platform for rule in route["spec"]["routes"]]
    return sorted({part for match in matches for part in match.split("`")[1::2] if "." in part})
