"""The load balancer in front of the workers, as users reach it, and the servers behind it."""

from __future__ import annotations

import contextlib
import socket
import time
import warnings
from collections.abc import Iterator
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from acceptance.base.conditions import as_json, not_ready
from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.probe import pod_spec
from acceptance.infrastructure.contract import Infrastructure, Machine, Outputs
from acceptance.infrastructure.haproxy import connections, leads_to

SCHEMES = ("http", "https")
HELD = 24
"""Connections held open beside the one that is judged: those of a few visitors' browsers, at six each."""
MANY = 200
"""Connections held open from one address, as by an office behind a NAT."""
LIMIT = 1000
"""Connections, at once or new in a second, that the load balancer must allow: enough for hundreds of visitors."""
RESENT = 0.9
"""Seconds after which an answer over a new connection is late: a lost first packet is sent again after 1 (RFC 6298)."""
LONG = "/?" + "a" * 4096
"""A path whose request takes several packets, the first of them full: a link with a small MTU drops it."""
TRAEFIK, PODS = "Traefik", "a pod on each worker"


def listens(infrastructure: Infrastructure, outputs: Outputs, scheme: str) -> bool:
    """Raise AssertionError or OSError unless the load balancer itself accepts a connection."""
    balancer = outputs.load_balancer
    port, own = (balancer.http_port, 80) if scheme == "http" else (balancer.https_port, 443)
    with socket.create_connection((balancer.address, port), timeout=3):
        assert infrastructure.balancer_listens(own), f"the load balancer {balancer.id} does not listen on port {own}"
        return True


def traefik_addresses(cluster: Cluster) -> set[str]:
    """The external addresses of Traefik's Service; none if it is not deployed."""
    services = cluster.core.list_namespaced_service("traefik", field_selector="metadata.name=traefik").items
    return {address for service in services for address in service.spec.external_ips or []}


def without_traefik(cluster: Cluster) -> list[str]:
    """The workers whose address Traefik's Service does not have, so that nothing answers there.

    Only on machines of the suite's own: elsewhere it may have a load balancer's address, or those of some machines.
    """
    if cluster.is_attached:
        return []
    seen = traefik_addresses(cluster)
    return [f"{worker.name} ({worker.address})" for worker in cluster.outputs.workers if worker.address not in seen]


def start_echo_pods(namespace: Namespace, outputs: Outputs) -> None:
    """Run a pod on each worker that says over HTTP and HTTPS which worker it is on; wait until all are Ready."""
    ports = [{"containerPort": 8080, "hostPort": 80}, {"containerPort": 8443, "hostPort": 443}]
    labels = {"app": "answering"}
    name = namespace.create({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "answering"},
        "spec": {"selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels},
                              "spec": pod_spec(namespace.cluster.probe.container(ports=ports))}},
    })  # fmt: skip

    def all_ready() -> bool:
        status = namespace.cluster.apps.read_namespaced_daemon_set(name, namespace.name).status
        assert status.number_ready == len(outputs.workers), (
            f"{status.number_ready} of {len(outputs.workers)} pods Ready{not_ready(namespace.pods('app=answering'))}"
        )
        return True

    hint = f"kubectl -n {namespace.name} get pods -o wide"
    eventually(all_ready, within=POD_READY, what="a pod on each worker", hint=hint)


def server_behind(namespace: Namespace, outputs: Outputs) -> str:
    """What answers on each worker's ports 80 and 443: Traefik if its Service exists, otherwise pods that this starts.

    Raises AssertionError naming the workers whose address Traefik's Service lacks.
    """
    cluster = namespace.cluster
    if not cluster.core.list_namespaced_service("traefik", field_selector="metadata.name=traefik").items:
        start_echo_pods(namespace, outputs)
        return PODS
    lacking = without_traefik(cluster)
    assert not lacking, (
        f"expected Traefik's Service to have each worker's address, it lacks those of {', '.join(lacking)}. "
        "Try: kubectl -n traefik get svc traefik"
    )
    return TRAEFIK


def place(outputs: Outputs, scheme: str) -> tuple[str, int]:
    """The load balancer's address, and its port for a scheme."""
    balancer = outputs.load_balancer
    return balancer.address, balancer.http_port if scheme == "http" else balancer.https_port


@contextlib.contextmanager
def held(address: tuple[str, int], count: int = HELD) -> Iterator[None]:
    """Hold connections open during the block, like slow clients. Raises OSError if one is refused."""
    with contextlib.ExitStack() as open_ones:
        for _ in range(count):
            open_ones.enter_context(socket.create_connection(address, timeout=5))
        yield


class NamedAdapter(HTTPAdapter):
    """Names a host in TLS (SNI) whatever the address: a server may refuse names that it has no certificate for."""

    def __init__(self, name: str):
        self.name = name
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Have the pools' connections name the host, with urllib3's options."""
        super().init_poolmanager(*arguments, server_hostname=self.name, **settings)


def ask(outputs: Outputs, scheme: str, path: str = "/", name: str = "") -> requests.Response:
    """The load balancer's answer for a path, over a new connection; `name`: the host that TLS names."""
    address, port = place(outputs, scheme)
    with warnings.catch_warnings(), requests.Session() as session:
        # The certificate is from an unknown authority or for another name; only the worker's answer is judged.
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        if name:
            session.mount("https://", NamedAdapter(name))
        url = f"{scheme}://{address}:{port}{path}"
        return session.get(url, verify=False, timeout=5, allow_redirects=False)


def takes_another(outputs: Outputs, scheme: str, name: str = "") -> bool:
    """Whether the load balancer answers a client beside MANY connections from the same address, as a NAT has it."""
    with held(place(outputs, scheme), MANY):
        try:
            return bool(ask(outputs, scheme, name=name).status_code)
        except requests.RequestException:
            return False


def late_answers(outputs: Outputs, count: int, name: str = "") -> list[str]:
    """Of `count` answers, each over a new connection, by HTTP and HTTPS in turn: those that are late or missing."""
    found = []
    for number in range(count):
        scheme, began = SCHEMES[number % len(SCHEMES)], time.monotonic()
        try:
            ask(outputs, scheme, name=name)
        except requests.RequestException as error:
            found.append(f"none over {scheme} ({type(error).__name__})")
            continue
        if (took := time.monotonic() - began) > RESENT:
            found.append(f"{took:.1f} s over {scheme}")
    return found


def ask_pod(outputs: Outputs, scheme: str, worker: Machine, path: str = "/", name: str = "") -> str:
    """What the pod on `worker` says about itself. Raises AssertionError if another one answered, or not over TLS."""
    answer = ask(outputs, scheme, path, name)
    assert answer.status_code == 200, f"HTTP {answer.status_code} over {scheme}, not 200 from the pod on {worker.name}"
    reply = as_json(answer.text)
    assert (reply["node"], reply["tls"]) == (worker.name, scheme == "https"), (
        f"expected an answer over {scheme} from the pod on {worker.name}, saw {reply}"
    )
    return f"pod {reply['pod']}"


def ask_traefik(outputs: Outputs, scheme: str, worker: Machine, path: str = "/", name: str = "") -> str:
    """Traefik's answer for a host without a route: a redirect to HTTPS for plain HTTP, and 404 over HTTPS.

    Traefik may run on another worker, so the load balancer's counters tell which worker the request went through.
    Raises AssertionError if it went through another one than `worker`, or Traefik did not answer.
    """
    server, wanted = f"{scheme}/{worker.name}", f"{worker.address}:{80 if scheme == 'http' else 443}"
    before = connections(outputs, server)
    answer = ask(outputs, scheme, path, name)
    assert connections(outputs, server) > before, f"the {scheme} request did not go through {worker.name}"
    assert leads_to(outputs, server) == wanted, (
        f"the load balancer's server {server} leads to {leads_to(outputs, server)}, not {wanted}"
    )
    seen = (answer.status_code, answer.headers.get("Location", "").partition(":")[0], answer.text.strip()[:40])
    if scheme == "http":
        assert seen[:2] == (301, "https"), f"expected Traefik's 301 to HTTPS, saw {seen}"
    else:
        assert (seen[0], seen[2]) == (404, "404 page not found"), f"expected Traefik's 404, saw {seen}"
    return f"HTTP {answer.status_code}"


def ask_behind(answering: str, outputs: Outputs, scheme: str, worker: Machine, name: str = "") -> str:
    """The answer of the server behind the load balancer: Traefik, or the pod on `worker`; to a long request, too.

    Raises AssertionError if there is none, to the one or the other.
    """
    way = ask_traefik if answering == TRAEFIK else ask_pod
    seen = way(outputs, scheme, worker, "/", name)
    try:
        way(outputs, scheme, worker, LONG, name)
    except requests.RequestException as error:
        told = f"expected {worker.name} to answer a request of {len(LONG)} bytes over {scheme}, saw {error}"
        raise AssertionError(told[:500]) from error
    return seen


def ask_beside_others(answering: str, outputs: Outputs, scheme: str, worker: Machine, name: str = "") -> str:
    """Like `ask_behind`, while others hold connections open: a load balancer with a connection limit makes one wait.

    Raises AssertionError if there is no answer in time.
    """
    with held(place(outputs, scheme)):
        try:
            return ask_behind(answering, outputs, scheme, worker, name)
        except requests.RequestException as error:
            raise AssertionError(f"expected an answer while {HELD} connections are held open, saw {error}") from error
