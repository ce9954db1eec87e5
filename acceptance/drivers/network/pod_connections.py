"""Connections between pods, and whether the network enforces policies."""

from __future__ import annotations

from acceptance.base.deadlines import POD_READY, Deadline
from acceptance.base.waiting import TimedOut, eventually
from acceptance.cluster.namespace import Namespace

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


def keeps_to_policies(namespace: Namespace) -> bool:
    """Whether the network enforces policies: a policy that denies everything is tried in an empty namespace."""
    for name in ("server", "client"):
        namespace.create(namespace.cluster.probe.pod(name))
    address = f"{namespace.wait_ready('server').status.pod_ip}:8080"
    namespace.wait_ready("client")

    def reached() -> bool:
        assert reaches(namespace, "client", address), f"no connection from pod client to {address}"
        return True

    def refused() -> bool:
        assert not reaches(namespace, "client", address), f"pod client still connects to {address}"
        return True

    eventually(reached, within=POD_READY, what="a connection while there is no policy")
    namespace.create(DENY)
    try:
        return eventually(refused, within=ENFORCED, what="the policy to block the connection")
    except TimedOut:
        return False
