"""Pods: their volumes, the client pod, and killing pods without grace."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from kubernetes import client, utils
from kubernetes.client import ApiException

from acceptance.base.conditions import describe, is_ready, phase_of
from acceptance.base.deadlines import GONE
from acceptance.base.labels import CLIENT
from acceptance.base.waiting import eventually
from acceptance.clients import relay
from acceptance.clients.relay import Relay
from acceptance.cluster.namespace import Namespace, main_container
from acceptance.cluster.probe import Probe
from acceptance.infrastructure.contract import Outputs

CTR = "ctr --namespace k8s.io"

PLATFORM = "default"
"""The namespace of database, cache and services; clients use its short names, as the services do."""
CREDENTIALS = {"DATABASE_URL": "database-credentials", "REDIS_URL": "redis-credentials"}


def start_on_each_worker(
    namespace: Namespace, outputs: Outputs, prefix: str, *command: str, **settings: Any
) -> dict[str, str]:
    """Start a probe pod on each worker with a command and settings of `Probe.pod`; return the names by worker."""
    names = {worker.name: f"{prefix}-{number}" for number, worker in enumerate(outputs.workers)}
    for worker, name in names.items():
        where = {"kubernetes.io/hostname": worker}
        namespace.create(namespace.cluster.probe.pod(name, *command, nodeSelector=where, **settings))
    return names


class PodClient:
    """A pod that connects to database and cache from inside the cluster, with the services' credentials.

    It runs in a namespace of the suite's own, apart from what users share. `node` is the machine that it runs on, where
    that matters.
    """

    def __init__(self, namespace: Namespace, name: str = "data-client", node: str | None = None):
        self.namespace = namespace
        self.name = name
        self.node = node
        self.relays: dict[str, Relay] = {}
        self.lock = threading.Lock()

    def way_to(self, host: str, port: int) -> str:
        """A local address (`127.0.0.1:PORT`) whose connections the pod forwards to a host of the cluster."""
        target = f"{host}:{port}"
        with self.lock:
            if target not in self.relays:
                self.relays[target] = Relay(self.entry, target)
        return self.relays[target].address

    def said(self, host: str, port: int) -> str:
        """Why the pod's last connection to a host failed; empty if it did not."""
        item = self.relays.get(f"{host}:{port}")
        return item.said if item else ""

    def entry(self) -> str:
        """The address at which this machine reaches the pod's relay."""
        with self.lock:
            self.ensure()
            return self.namespace.cluster.address_of(self.namespace.pod(self.name), relay.PORT)

    def close(self) -> None:
        """Close the relays through the pod."""
        for item in self.relays.values():
            item.close()
        self.relays.clear()

    def address(self) -> str:
        """The pod's IP address, which servers see as the client's."""
        self.ensure()
        return str(self.namespace.pod(self.name).status.pod_ip)

    def __call__(self, *arguments: str) -> str:
        """Run a command of the probe in the pod (`env:NAME` stands for a setting); return what it printed."""
        self.ensure()
        return self.namespace.execute(self.name, "/probe", *arguments)

    def ensure(self) -> None:
        """Make sure that the pod is ready; recreate it if it is not."""
        with contextlib.suppress(ApiException):
            pod = self.namespace.pod(self.name)
            if is_ready(pod) and not pod.metadata.deletion_timestamp:
                return
            self.delete()
        where = {"nodeSelector": {"kubernetes.io/hostname": self.node}} if self.node else {}
        run_client(self.namespace, self.name, "relay", container={"env": credentials()}, **where)

    def delete(self) -> None:
        """Remove the pod."""
        with contextlib.suppress(ApiException):
            before = self.namespace.pod(self.name)
            delete_now(self.namespace, self.name)
            what = f"pod {self.name} to be gone"
            eventually(lambda: is_replaced(self.namespace, self.name, before), within=GONE, what=what)


def client_pod(probe: Probe, name: str, *command: str, **spec: Any) -> dict[str, Any]:
    """A probe pod that the services' network policies admit, and that resolves the services' short names."""
    names = {"searches": [f"{PLATFORM}.svc.cluster.local"]}
    pod = probe.pod(name, *command, dnsConfig=names, **spec)
    pod["metadata"]["labels"] |= CLIENT
    return pod


def run_client(namespace: Namespace, name: str, *command: str, **spec: Any) -> client.V1Pod:
    """Start such a pod and wait until it is Ready."""
    namespace.create(client_pod(namespace.cluster.probe, name, *command, **spec))
    return namespace.wait_ready(name)


def credentials() -> list[dict[str, Any]]:
    """The services' settings as environment variables, so that no password is a command-line argument."""
    return [
        {"name": key, "valueFrom": {"secretKeyRef": {"name": name, "key": key, "optional": True}}}
        for key, name in CREDENTIALS.items()
    ]


def copy_credentials(namespace: Namespace) -> None:
    """Copy the Secrets that `credentials` refers to into another namespace, where they exist."""
    found = {item.metadata.name: item for item in namespace.cluster.core.list_namespaced_secret(PLATFORM).items}
    for key, name in CREDENTIALS.items():
        if name in found:
            data = {key: found[name].data[key]}
            namespace.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data})


def delete_now(namespace: Namespace, name: str) -> None:
    """Delete a pod without grace, if it exists."""
    with contextlib.suppress(ApiException):
        namespace.cluster.core.delete_namespaced_pod(name, namespace.name, grace_period_seconds=0)


def restarts(pod: client.V1Pod) -> int:
    """How often Kubernetes has started the containers of a pod again, whether they are ready or not."""
    return sum(status.restart_count for status in pod.status.container_statuses or [])


def is_replaced(namespace: Namespace, name: str, before: client.V1Pod) -> bool:
    """Raise AssertionError while the pod `before` exists; a new pod of its name may exist."""
    try:
        pod = namespace.pod(name)
    except ApiException as error:
        if error.status == 404:
            return True
        raise
    assert pod.metadata.uid != before.metadata.uid, f"the old pod {name} still exists, {describe(pod)}"
    return True


def ready_again(namespace: Namespace, name: str, before: client.V1Pod) -> client.V1Pod:
    """The Ready pod that replaced `before`. Raises AssertionError while there is none."""
    pod = namespace.pod(name)
    assert pod.metadata.uid != before.metadata.uid, f"pod {name} is still the old one"
    assert is_ready(pod), f"pod {name} {describe(pod)}"
    return pod


def volume_at(namespace: Namespace, pod: client.V1Pod, path: str) -> str:
    """The persistent volume that a pod mounts at `path`, in words. Raises AssertionError if there is none."""
    name = pod.metadata.name
    found = main_container(pod.spec).volume_mounts or []
    mounts = [mount for mount in found if mount.mount_path == path]
    assert mounts, f"expected a volume at {path} of pod {name}, saw none mounted there"
    volume = next(volume for volume in pod.spec.volumes if volume.name == mounts[0].name)
    kind = next(key for key, value in volume.to_dict().items() if key != "name" and value is not None)
    assert volume.persistent_volume_claim, f"expected a persistent volume at {path} of pod {name}, saw {kind}"
    claim = volume.persistent_volume_claim.claim_name
    core = namespace.cluster.core
    seen = core.read_namespaced_persistent_volume_claim(claim, namespace.name)
    assert phase_of(seen) == "Bound", f"claim {claim} of pod {name} is {phase_of(seen)}"
    found = core.read_persistent_volume(seen.spec.volume_name)
    assert phase_of(found) == "Bound", f"volume {found.metadata.name} is {phase_of(found)}"
    return f"{found.metadata.name} ({found.spec.capacity['storage']}, {found.spec.storage_class_name})"


def capacity_at(namespace: Namespace, pod: client.V1Pod, path: str) -> int:
    """The bytes of the persistent volume that a pod mounts at `path`, as its claim has them; 0 if there is none."""
    mounts = [mount for mount in main_container(pod.spec).volume_mounts or [] if mount.mount_path == path]
    volume = next((item for item in pod.spec.volumes or [] if mounts and item.name == mounts[0].name), None)
    if volume is None or not volume.persistent_volume_claim:
        return 0
    claim = volume.persistent_volume_claim.claim_name
    found = namespace.cluster.core.read_namespaced_persistent_volume_claim(claim, namespace.name)
    return int(utils.parse_quantity((found.status.capacity or {}).get("storage", "0")))


def environment_of(namespace: Namespace, pod: client.V1Pod) -> dict[str, str]:
    """The environment that the process in a pod was started with, read from the kernel.

    Where the image has no `cat`, it is read on the pod's machine.
    """
    try:
        text = namespace.execute(pod.metadata.name, "cat", "/proc/1/environ")
    except AssertionError:
        text = namespace.cluster.on_node(pod.spec.node_name, "sh", "-ec", f"cat /proc/$({process_of(pod)})/environ")
    return dict(part.split("=", 1) for part in text.split("\0") if "=" in part)


def process_of(pod: client.V1Pod) -> str:
    """The shell command that prints the PID of a pod's container on its machine."""
    container = pod.status.container_statuses[0].container_id.removeprefix("containerd://")
    return f"{CTR} tasks list | awk '$1 == \"{container}\" {{print $2}}'"


def mount_of(namespace: Namespace, pod: str, path: str) -> tuple[str, str]:
    """A path in a pod with all links resolved, and its mount point."""
    command = f"real=$(readlink -e {path}); echo $real; df --output=target $real | tail -n 1"
    real, mount = namespace.execute(pod, "sh", "-ec", command).split()
    return real, mount
