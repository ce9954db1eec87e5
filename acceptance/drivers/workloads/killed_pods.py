"""Pods that are killed without grace, and kept from coming back. Source: 6.8, 7.6."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kubernetes import client
from kubernetes.client import ApiException

from acceptance.base.labels import HELD
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.network.cuts import NetworkPartition
from acceptance.drivers.workloads.pods import CTR, delete_now


def kill(namespace: Namespace, pod: client.V1Pod, *, cut: NetworkPartition | None = None) -> None:
    """SIGKILL all processes of a pod on its node, its sandbox included, so that nothing in it shuts down cleanly.

    Without its sandbox the container is not restarted at once; the pod's deletion would stop it gracefully then. `cut`
    isolates the pod just before: what it has not sent by then never arrives, although the kernel would still send data
    of a dead process. The processes are looked up before the cut: the pod is not to live long enough without the others
    to notice it. Raises AssertionError if the node knows no container of the pod, or no process of them.
    """
    of_pod = f"{CTR} containers list --quiet 'labels.\"io.kubernetes.pod.uid\"=={pod.metadata.uid}'"
    commands = [
        f"containers=$({of_pod})",
        # Without a pattern grep would find every container of the node.
        'test -n "$containers"',
        f'processes=$({CTR} tasks list | grep -F "$containers" | awk \'$3 == "RUNNING" {{ print $2 }}\')',
        'test -n "$processes"',
    ]
    commands += [cut.command, "sleep 0.3"] if cut else []
    commands += ["kill -KILL $processes"]
    namespace.cluster.on_node(pod.spec.node_name, "sh", "-ec", "\n".join(commands))


@contextlib.contextmanager
def dead(namespace: Namespace, pod: client.V1Pod, *, cut_off_from: list[str]) -> Iterator[None]:
    """Kill a pod without grace and keep it from coming back until the end of the block.

    What it has not yet sent to the addresses `cut_off_from` does not reach them.
    """
    name, cluster = pod.metadata.name, namespace.cluster
    cut = NetworkPartition(cluster, [pod.spec.node_name], [(pod.status.pod_ip, address) for address in cut_off_from])
    hold(cluster, namespace.name, name, [HELD])
    try:
        kill(namespace, pod, cut=cut)
        delete_now(namespace, name)
        yield
    finally:
        with contextlib.suppress(ApiException):
            hold(cluster, namespace.name, name, [])
        cut.heal()


def hold(cluster: Cluster, namespace: str, name: str, finalizers: list[str]) -> None:
    """Set a pod's finalizers."""
    body = [{"op": "add", "path": "/metadata/finalizers", "value": finalizers}]
    cluster.core.patch_namespaced_pod(name, namespace, body)
