"""Whether each API server can read logs from kubelets: clients meet one that cannot once in three times.

Source: 2.7 and 13.5.
"""

from __future__ import annotations

from kubernetes.client import ApiException

from acceptance.base.conditions import is_ready
from acceptance.base.deadlines import LOGS_READABLE
from acceptance.base.errors import UserError
from acceptance.base.waiting import eventually
from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster
from acceptance.drivers.cluster.api_servers import ask
from acceptance.infrastructure.contract import Machine

HINT = "kubectl --server https://ADDRESS:6443 -n kube-system logs POD, on a control plane"


def read_through_each(cluster: Cluster) -> dict[str, str]:
    """The pod whose last log line each API server returned, by control plane. Raises TimedOut naming those that do not.

    Empty for attached clusters, whose API servers answer at one address.
    """
    if cluster.is_attached:
        return {}

    def read() -> dict[str, str]:
        place, name, container = talking_pod(cluster)
        words = ("--namespace", place, "logs", name, "--container", container, "--tail", "1", "--request-timeout", "5s")
        found = {item.name: trouble(cluster, item, words) for item in cluster.outputs.control_planes}
        wrong = {machine: text for machine, text in found.items() if text}
        assert not wrong, f"no line of the log of {name} through the API server of {wrong}"
        return dict.fromkeys(found, name)

    return eventually(read, within=LOGS_READABLE, what="a log line through each API server by itself", hint=HINT)


def talking_pod(cluster: Cluster) -> tuple[str, str, str]:
    """The namespace, name and container of a system pod on a worker that has logged something.

    Raises AssertionError if there is none.
    """
    workers = {machine.name for machine in cluster.outputs.workers}
    for pod in cluster.core.list_pod_for_all_namespaces().items:
        place, name = pod.metadata.namespace, pod.metadata.name
        if place in SYSTEM_NAMESPACES and pod.spec.node_name in workers and is_ready(pod):
            container = pod.spec.containers[0].name
            try:
                if cluster.core.read_namespaced_pod_log(name, place, tail_lines=1, container=container):
                    return place, name, container
            except ApiException:
                continue
    raise AssertionError(f"no system pod on {sorted(workers)} has a log that can be read")


def trouble(cluster: Cluster, machine: Machine, words: tuple[str, ...]) -> str:
    """Why the API server of a control plane prints no line when kubectl asks it with these words; empty if it does."""
    try:
        said = ask(cluster, machine, *words)
    except UserError as error:
        return str(error)
    return "" if said.strip() else "it is empty"
