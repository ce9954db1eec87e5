"""Connections between pods, and whether the network enforces policies."""

from __future__ import annotations

from acceptance.base.deadlines import POD_READY, Deadline
from acceptance.base.labels import HOSTNAME
from acceptance.base.waiting import TimedOut, eventually
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.infrastructure.contract import Outputs

CLIENT = "client"
ENFORCED = Deadline(20, "the suite: a network that keeps to policies does so within seconds, on a busy machine, too")
DENY = {
    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny"},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
}  # fmt: skip
ANSWERED = (" answered ", "malformed HTTP", "EOF", "reset by peer")
"""What an HTTP client reports about a server that has no such page or speaks another protocol."""
KEPT_OUT = ("i/o timeout", "Client.Timeout", "deadline exceeded", "connection refused", "no route to host")


def reaches(namespace: Namespace, pod: str, target: str) -> bool:
    """Whether a pod can connect to `target` (host:port), whatever the protocol. Raises RuntimeError if unclear."""
    try:
        namespace.execute(pod, "/probe", "get", f"http://{target}/")
    except AssertionError as error:
        said = str(error)
        if any(sign in said for sign in ANSWERED):
            return True
        if "lookup" in said or not any(sign in said for sign in KEPT_OUT):
            raise RuntimeError(f"cannot tell whether pod {pod} reaches {target}: {said}") from error
        return False
    return True


def unprotected_workers(namespace: Namespace, outputs: Outputs) -> list[str]:
    """The machines whose pods are reached in spite of a policy that denies everything, tried in an empty namespace.

    Each machine that takes pods enforces the policies of its own pods, by a controller of its own.
    """
    servers = {name: f"server-{number}" for number, name in enumerate(taking_pods(namespace.cluster, outputs))}
    for name, server in servers.items():
        namespace.create(namespace.cluster.probe.pod(server, nodeSelector={HOSTNAME: name}))
    namespace.create(namespace.cluster.probe.pod(CLIENT))
    addresses = {name: f"{namespace.wait_ready(pod).status.pod_ip}:8080" for name, pod in servers.items()}
    namespace.wait_ready(CLIENT)
    for address in addresses.values():
        connects(namespace, address, True, POD_READY, "a connection while there is no policy")
    namespace.create(DENY)
    return [name for name, address in addresses.items() if not is_blocked(namespace, address)]


def taking_pods(cluster: Cluster, outputs: Outputs) -> list[str]:
    """The workers, and on an own cluster each other node that somebody lets take pods, such as a control plane."""
    workers = [worker.name for worker in outputs.workers]
    nodes = [] if cluster.is_attached else cluster.core.list_node().items
    open_to_pods = [node.metadata.name for node in nodes if not (node.spec.unschedulable or node.spec.taints)]
    return [*dict.fromkeys([*workers, *open_to_pods])]


def connects(namespace: Namespace, address: str, wanted: bool, within: Deadline, what: str) -> None:
    """Wait until the client reaches an address, or does not any more. Raises TimedOut."""

    def seen() -> bool:
        assert reaches(namespace, CLIENT, address) is wanted, (
            f"pod {CLIENT} {'does not connect' if wanted else 'still connects'} to {address}"
        )
        return True

    eventually(seen, within=within, what=what)


def is_blocked(namespace: Namespace, address: str) -> bool:
    """Whether the policy blocks the client's connections to an address within seconds."""
    try:
        connects(namespace, address, False, ENFORCED, "the policy to block the connection")
    except TimedOut:
        return False
    return True
