"""What is read from the nodes' machines, without a cluster: processes' arguments, and statuses that curl prints."""

from types import SimpleNamespace

from acceptance.drivers.cluster import api_servers, cis_benchmark
from acceptance.drivers.cluster.cis_checks import API

PROCESSES = (
    "/sbin/init\t\n\nkube-apiserver\t--profiling=false\t--allow-privileged\t\nkube-apiserver-x\t--profiling=true\t\n"
)


def cluster_that_prints(text, seen=None):
    def on_node(node, *command, check=True):
        if seen is not None:
            seen.append(command)
        return text

    return SimpleNamespace(on_node=on_node)


def test_arguments_are_those_of_the_process_and_of_no_other():
    found = cis_benchmark.of_processes(cluster_that_prints(PROCESSES), "one")
    assert found == {API: {"profiling": "false", "allow-privileged": "true"}}


def test_an_address_of_which_curl_says_nothing_gave_no_answer():
    seen = []
    cluster = cluster_that_prints("https://a:6443/api 401\n", seen)
    statuses = api_servers.statuses(cluster, "one", ["https://a:6443/api", "https://b:6443/api"])
    assert statuses == {"https://a:6443/api": "401", "https://b:6443/api": "000"}
    assert "https://b:6443/api" in seen[0]


def test_one_api_server_is_asked_and_no_other():
    seen = []
    machine = SimpleNamespace(name="one", address="172.30.0.2")
    api_servers.ask(cluster_that_prints("", seen), machine, "get", "nodes", stdin="x")
    assert seen[0][4:] == (
        "x", "--kubeconfig", api_servers.ADMIN, "--server", "https://172.30.0.2:6443", "get", "nodes",
    )  # fmt: skip
