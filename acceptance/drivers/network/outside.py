"""Whether pods are answered by what is outside the cluster: registries, authorities, Git servers. Source: 2.5.

Out there nobody has a route to the pods' addresses: a machine has to send for them under its own.
"""

from __future__ import annotations

import functools

from acceptance.base.deadlines import POD_READY
from acceptance.base.waiting import eventually
from acceptance.clients.docker import inspect
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.network.pod_connections import reaches
from acceptance.infrastructure.contract import Outputs

HINT = "Try, on a worker: iptables -t nat -S POSTROUTING; kubectl -n kube-flannel get daemonset -o yaml (--ip-masq)"


def neighbour(outputs: Outputs) -> str:
    """The load balancer's address and port on the machines' network, where it is a container; empty where it is none.

    Its port for TLS answers at once, or hangs up, without leading anywhere else.
    """
    container = inspect("container", outputs.load_balancer.id) or {}
    networks = (container.get("NetworkSettings") or {}).get("Networks") or {}
    address = (networks.get(outputs.network.name if outputs.network else "") or {}).get("IPAddress")
    return f"{address}:443" if address else ""


def answered_outside(namespace: Namespace, outputs: Outputs, target: str) -> list[str]:
    """The client pods of the scenario's Service, one on each worker, that are answered there. Raises TimedOut."""
    clients = [f"client-{worker.name}" for worker in outputs.workers]
    for client in clients:
        attempt = functools.partial(is_answered, namespace, client, target)
        what = f"{client} to be answered at {target}, outside the cluster"
        eventually(attempt, within=POD_READY, what=what, hint=HINT)
    return clients


def is_answered(namespace: Namespace, client: str, target: str) -> bool:
    """Whether a pod is answered. Raises AssertionError if it is not."""
    assert reaches(namespace, client, target), f"pod {client} connects to nobody at {target}"
    return True
