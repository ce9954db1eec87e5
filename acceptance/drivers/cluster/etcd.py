"""etcd as kubeadm runs it: queried through the pod of one of its members, and searched in a snapshot."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kubernetes import client

from acceptance.base.conditions import as_json
from acceptance.cluster.cluster import Cluster
from acceptance.criteria.verdicts import Unverifiable

PKI = "/etc/kubernetes/pki/etcd"
DATA = "/var/lib/etcd"
"""A member's data directory: the same in the pod and on its node."""
SNAPSHOT = f"{DATA}/hardening.db"
PEERS = 2380
"""The port at which a member answers the others."""
SHAKES_HANDS = ("curl", "--silent", "--insecure", "--max-time", "5", "--write-out", "%{time_appconnect} ")
"""Prints the seconds until TLS was established, 0 if it was not: packets then pass in both directions."""
ENCRYPTED = re.compile(rb"k8s:enc:(?!identity)[a-z]+:v\d+:[^:]+:")
"""The beginning of a value that the API server encrypted."""


def etcd_pod(cluster: Cluster) -> client.V1Pod:
    """A member's pod. Raises Unverifiable if etcd does not run in pods (K3s)."""
    pods = cluster.core.list_namespaced_pod("kube-system", label_selector="component=etcd").items
    if not pods:
        raise Unverifiable("etcd runs in no pod here (K3s embeds it): its store can be read on a server's machine only")
    return pods[0]


def etcdctl(cluster: Cluster, *arguments: str) -> str:
    """Run etcdctl in a member's pod; return its output."""
    return cluster.kubectl(
        "-n", "kube-system", "exec", etcd_pod(cluster).metadata.name, "--", "etcdctl",
        "--endpoints", "https://127.0.0.1:2379", "--cacert", f"{PKI}/ca.crt", "--cert", f"{PKI}/server.crt",
        "--key", f"{PKI}/server.key", *arguments,
    )  # fmt: skip


def unreached(cluster: Cluster) -> dict[str, list[str]]:
    """The control planes that a control plane cannot reach at etcd's port for members, by name.

    What etcd counts as active peers does not tell: it stays as it was while packets are dropped. A control plane whose
    own member does not answer at that port is not judged.
    """
    found = {}
    for machine in cluster.outputs.control_planes:
        others = cluster.outputs.control_planes
        asked = [word for other in others for word in ("--output", "/dev/null", f"https://{other.address}:{PEERS}")]
        seconds = cluster.on_node(machine.name, *SHAKES_HANDS, *asked, check=False).split()
        reached = {other.name: float(took) > 0 for other, took in zip(others, seconds, strict=True)}
        if missed := [name for name, answers in reached.items() if not answers and reached[machine.name]]:
            found[machine.name] = missed
    return found


def all_connected(cluster: Cluster) -> bool:
    """Raise AssertionError naming the pairs of control planes between which etcd's members do not reach each other.

    Two that are cut off from each other go unnoticed as long as the third leads.
    """
    found = unreached(cluster)
    assert not found, f"members of etcd that are not reached, by who cannot reach them: {found}"
    return True


def stored(cluster: Cluster, prefix: str) -> dict[str, bytes]:
    """The values in etcd whose keys begin with a prefix, by key."""
    found = as_json(etcdctl(cluster, "get", prefix, "--prefix", "--write-out", "json")).get("kvs", [])
    return {base64.b64decode(item["key"]).decode(): base64.b64decode(item["value"]) for item in found}


def ways_of_storing(values: dict[str, bytes]) -> dict[str, str]:
    """The provider, version and key name that each value was encrypted with, by its key; clear ones are left out."""
    return {key: match[0].decode() for key, value in values.items() if (match := ENCRYPTED.match(value))}


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of etcd, on a member's node."""

    cluster: Cluster
    node: str

    def has(self, text: str) -> bool:
        """Whether a text is in it. Raises AssertionError if it cannot be searched."""
        # grep exits with 1 if it finds nothing, and prints 0.
        words = ("grep", "--count", "--text", "--fixed-strings", text, SNAPSHOT)
        count = self.cluster.on_node(self.node, *words, check=False)
        assert count.isdigit(), f"the snapshot on {self.node} cannot be searched: {count!r}"
        return int(count) > 0

    def has_in_any_form(self, text: str) -> bool:
        """Whether a text is in it, in clear or in base64."""
        return self.has(text) or self.has(base64.b64encode(text.encode()).decode())


@contextlib.contextmanager
def snapshot(cluster: Cluster) -> Iterator[Snapshot]:
    """Take a snapshot that is removed at the end of the block."""
    node = etcd_pod(cluster).spec.node_name
    try:
        etcdctl(cluster, "snapshot", "save", SNAPSHOT)
        yield Snapshot(cluster, node)
    finally:
        cluster.on_node(node, "rm", "-f", SNAPSHOT, check=False)
