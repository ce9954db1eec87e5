"""The load balancer in front of the workers, as users reach it, and what answers behind it."""

from __future__ import annotations

import contextlib
import socket
import warnings
from collections.abc import Iterator

import requests
import urllib3

from acceptance.base.conditions import as_json
from acceptance.base.waiting import POD_READY, eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.probe import pod_spec
from acceptance.infrastructure.contract import Infrastructure, Machine, Outputs
from acceptance.infrastructure.haproxy import connections, leads_to

SCHEMES = ("http", "https")
HELD = 24
"""Connections that are open beside the one that is judged: what a few visitors' browsers have, at six each."""
LIMIT = 1000
"""Connections, at once or anew in a second, below which the load balancer may not be limited: visitors of hundreds."""
TRAEFIK, PODS = "Traefik", "a pod on each worker"


def listens(infrastructure: Infrastructure, outputs: Outputs, scheme: str) -> bool:
    """Raise AssertionError or OSError unless the load balancer itself accepts a connection."""
    balancer = outputs.load_balancer
    port, own = (balancer.http_port, 80) if scheme == "http" else (balancer.https_port, 443)
    with socket.create_connection((balancer.address, port), timeout=3):
        assert infrastructure.balancer_listens(own), f"nothing listens on port {own} of {balancer.id}"
        return True


def traefik_addresses(cluster: Cluster) -> set[str]:
    """The external addresses of Traefik's Service; none if it is not deployed."""
    services = cluster.core.list_namespaced_service("traefik", field_selector="metadata.name=traefik").items
    return {address for service in services for address in service.spec.external_ips or []}


def start_echo_pods(namespace: Namespace, outputs: Outputs) -> None:
    """Run a pod on each worker that says over HTTP and HTTPS which worker it is on."""
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
        assert status.number_ready == len(outputs.workers), f"{status.number_ready} pods ready"
        return True

    hint = f"kubectl -n {namespace.name} get pods -o wide"
    eventually(all_ready, within=POD_READY, what="a pod on each worker", hint=hint)


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


def ask(outputs: Outputs, scheme: str) -> requests.Response:
    """The load balancer's answer, over its own connection."""
    address, port = place(outputs, scheme)
    with warnings.catch_warnings():
        # The certificate is of no known authority, or for another name; what is judged is that the worker answers.
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        url = f"{scheme}://{address}:{port}/"
        return requests.get(url, verify=False, timeout=5, allow_redirects=False)


def ask_pod(outputs: Outputs, scheme: str, worker: Machine) -> str:
    """What the pod on `worker` says about itself. Raises AssertionError if another one answered, or not over TLS."""
    answer = ask(outputs, scheme)
    assert answer.status_code == 200, f"HTTP {answer.status_code}"
    reply = as_json(answer.text)
    assert (reply["node"], reply["tls"]) == (worker.name, scheme == "https"), f"answered by {reply}"
    return f"pod {reply['pod']}"


def ask_traefik(outputs: Outputs, scheme: str, worker: Machine) -> str:
    """Traefik's answer for a host that no route knows: it sends plain HTTP to HTTPS, and knows no such page there.

    Traefik may run on another worker, so it is the load balancer that says by which one the request went.
    """
    server, wanted = f"{scheme}/{worker.name}", f"{worker.address}:{80 if scheme == 'http' else 443}"
    before = connections(outputs, server)
    answer = ask(outputs, scheme)
    assert connections(outputs, server) > before, f"it did not go by {worker.name}"
    assert leads_to(outputs, server) == wanted, (
        f"for {worker.name} it goes to {leads_to(outputs, server)}, not {wanted}"
    )
    seen = (answer.status_code, answer.headers.get("Location", "").partition(":")[0], answer.text.strip()[:40])
    if scheme == "http":
        assert seen[:2] == (301, "https"), f"expected Traefik's 301 to HTTPS, saw {seen}"
    else:
        assert (seen[0], seen[2]) == (404, "404 page not found"), f"expected Traefik's 404, saw {seen}"
    return f"HTTP {answer.status_code}"


def ask_behind(answering: str, outputs: Outputs, scheme: str, worker: Machine) -> str:
    """The answer of the server behind the load balancer."""
    return (ask_traefik if answering == TRAEFIK else ask_pod)(outputs, scheme, worker)


def ask_beside_others(answering: str, outputs: Outputs, scheme: str, worker: Machine) -> str:
    """The same while others hold connections by the same worker: a load balancer with a limit lets one wait.

    Raises AssertionError if there is no answer in time.
    """
    with held(place(outputs, scheme)):
        try:
            return ask_behind(answering, outputs, scheme, worker)
        except requests.RequestException as error:
            raise AssertionError(f"no answer beside {HELD} connections that are open: {error}") from error
