"""The load balancer in front of the workers."""

import socket
import warnings

import requests
import urllib3
from pytest_bdd import given, then

from acceptance.base.conditions import as_json
from acceptance.base.waiting import LOAD_BALANCER_READY, POD_READY, eventually
from acceptance.cluster.probe import pod_spec, probe_container
from acceptance.criteria.verdicts import Unverifiable
from acceptance.infrastructure.haproxy import connections, only_behind_load_balancer, servers_up

LOGS = "docker logs alternate-futures-load-balancer"


@then("the load balancer runs and accepts connections on both ports")
def accepts_connections(infrastructure, outputs, evidence):
    balancer = outputs.load_balancer
    assert infrastructure.balancer_runs(), f"expected {balancer.id} running. Try: {LOGS}"
    for port, own in ((balancer.http_port, 80), (balancer.https_port, 443)):

        def connect(port=port, own=own):
            with socket.create_connection((balancer.address, port), timeout=3):
                assert infrastructure.balancer_listens(own), f"nothing listens on port {own} of {balancer.id}"
                return True

        eventually(connect, within=LOAD_BALANCER_READY, what=f"a connection to {balancer.address}:{port}", hint=LOGS)
    evidence.add("load balancer", balancer.model_dump())


@given("something answers on ports 80 and 443 of every worker", target_fixture="answering")
def answering_workers(namespace, outputs, cluster, platform, environment):
    """Traefik where it is deployed, for then the workers' ports 80 and 443 are its own; else pods of ours."""
    if environment.is_long_lived:
        raise Unverifiable("this load balancer takes no worker out on request")
    if "traefik" in platform.futures:
        platform.get("traefik")
    if traefik_addresses(cluster) >= {worker.address for worker in outputs.workers}:
        return "Traefik"
    start_echo_pods(namespace, outputs, cluster)
    return "a pod on each worker"


def traefik_addresses(cluster):
    """The external addresses of Traefik's Service; none where it is not deployed."""
    services = cluster.core.list_namespaced_service("traefik", field_selector="metadata.name=traefik").items
    return {address for service in services for address in service.spec.external_ips or []}


def start_echo_pods(namespace, outputs, cluster):
    """Have a pod on each worker say over HTTP and HTTPS which worker it is on."""
    container = probe_container(
        ports=[{"containerPort": 8080, "hostPort": 80}, {"containerPort": 8443, "hostPort": 443}]
    )
    labels = {"app": "answering"}
    name = namespace.create({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "answering"},
        "spec": {"selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels},
                              "spec": pod_spec(container)}},
    })  # fmt: skip

    def all_ready():
        status = cluster.apps.read_namespaced_daemon_set(name, namespace.name).status
        assert status.number_ready == len(outputs.workers), (
            f"{status.number_ready} of {len(outputs.workers)} pods ready"
        )
        return True

    eventually(
        all_ready, within=POD_READY, what="a pod on each worker", hint=f"kubectl -n {namespace.name} get pods -o wide"
    )


def ask(outputs, scheme):
    """The answer at the load balancer, whatever its status."""
    port = outputs.load_balancer.http_port if scheme == "http" else outputs.load_balancer.https_port
    with warnings.catch_warnings():
        # The certificate is of no known authority, or for another name; what is judged is that the worker answers.
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        url = f"{scheme}://{outputs.load_balancer.address}:{port}/"
        return requests.get(url, verify=False, timeout=5, allow_redirects=False)


def ask_pod(outputs, scheme, worker):
    """What the pod on `worker` says of itself."""
    answer = ask(outputs, scheme)
    assert answer.status_code == 200, f"HTTP {answer.status_code}"
    reply = as_json(answer.text)
    assert reply["node"] == worker.name, f"{reply['node']} answered"
    assert reply["tls"] == (scheme == "https"), f"TLS is {reply['tls']}"
    return reply


def ask_traefik(outputs, scheme, worker):
    """Traefik's status. It may run on another worker, so it is the load balancer that says by which one it went."""
    before = connections(outputs, f"{scheme}/{worker.name}")
    status = ask(outputs, scheme).status_code
    assert connections(outputs, f"{scheme}/{worker.name}") > before, f"it did not go by {worker.name}"
    return f"HTTP {status}"


@then("each worker answers over HTTP and HTTPS while it is the only one behind the load balancer")
def each_worker_answers(answering, outputs, evidence):
    seen = {}
    for worker in outputs.workers:
        with only_behind_load_balancer(outputs, worker):
            for scheme in ("http", "https"):

                def answer(scheme=scheme, worker=worker):
                    return (ask_traefik if answering == "Traefik" else ask_pod)(outputs, scheme, worker)

                what = f"{worker.name} to answer {scheme} through the load balancer"
                seen[f"{worker.name} {scheme}"] = eventually(answer, within=LOAD_BALANCER_READY, what=what, hint=LOGS)
    evidence.add(f"answered by {answering}", seen)


@then("all workers are behind the load balancer again")
def all_workers_back(outputs):
    def all_up():
        servers = servers_up(outputs)
        assert set(servers.values()) == {"UP"}, f"{servers}"
        return True

    eventually(all_up, within=LOAD_BALANCER_READY, what="every worker UP in the load balancer", hint=LOGS)
