"""The load balancer in front of the workers."""

import socket
import warnings

import requests
import urllib3
from pytest_bdd import given, then

from fixtures.clients.docker import inspect
from fixtures.cluster import as_json, probe_container
from fixtures.infrastructure import only_behind_load_balancer, servers_up
from fixtures.waiting import LOAD_BALANCER_READY, POD_READY, eventually

LOGS = "docker logs alternate-futures-load-balancer"


@then("the load balancer runs and accepts connections on both ports")
def accepts_connections(outputs, evidence):
    balancer = outputs.load_balancer
    container = inspect("container", balancer.id)
    assert container and container["State"]["Running"], f"expected {balancer.id} running. Try: {LOGS}"
    for port in (balancer.http_port, balancer.https_port):

        def connect(port=port):
            with socket.create_connection((balancer.address, port), timeout=3):
                return True

        eventually(connect, within=LOAD_BALANCER_READY, what=f"a connection to {balancer.address}:{port}", hint=LOGS)
    evidence.add("load balancer", balancer.model_dump())


@given("something answers on ports 80 and 443 of every worker", target_fixture="answering")
def answering_workers(namespace, outputs, cluster):
    container = probe_container(
        ports=[{"containerPort": 8080, "hostPort": 80}, {"containerPort": 8443, "hostPort": 443}]
    )
    labels = {"app": "answering"}
    name = namespace.apply({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "answering"},
        "spec": {"selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels},
                              "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}},
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
    """Who answers at the load balancer."""
    port = outputs.load_balancer.http_port if scheme == "http" else outputs.load_balancer.https_port
    with warnings.catch_warnings():
        # The pods' certificate is of their own making; what is judged is who answers.
        warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
        answer = requests.get(f"{scheme}://{outputs.load_balancer.address}:{port}/", verify=False, timeout=5)
    assert answer.status_code == 200, f"HTTP {answer.status_code}"
    return as_json(answer.text)


@then("each worker answers over HTTP and HTTPS while it is the only one behind the load balancer")
def each_worker_answers(answering, outputs, evidence):
    seen = {}
    for worker in outputs.workers:
        with only_behind_load_balancer(outputs, worker):
            for scheme in ("http", "https"):

                def answer(scheme=scheme, worker=worker):
                    reply = ask(outputs, scheme)
                    assert reply["node"] == worker.name, f"{reply['node']} answered"
                    assert reply["tls"] == (scheme == "https"), f"TLS is {reply['tls']}"
                    return reply

                what = f"{worker.name} to answer {scheme} through the load balancer"
                seen[f"{worker.name} {scheme}"] = eventually(answer, within=LOAD_BALANCER_READY, what=what, hint=LOGS)
    evidence.add("who answered", seen)


@then("all workers are behind the load balancer again")
def all_workers_back(outputs):
    def all_up():
        servers = servers_up(outputs)
        assert set(servers.values()) == {"UP"}, f"{servers}"
        return True

    eventually(all_up, within=LOAD_BALANCER_READY, what="every worker UP in the load balancer", hint=LOGS)
