"""etcd as kubeadm runs it: queried through the pod of one of its members, and searched in a snapshot."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kubernetes import client

from acceptance.base.conditions import as_json
from acceptance.cluster.cluster import Cluster
from acceptance.criteria.verdicts import Unverifiable

PKI = "/etc/kubernetes/pki/etcd"
DATA = "/var/lib/etcd"
"""A member's data directory: the same in the pod and on its node."""
SNAPSHOT = f"{DATA}/hardening.db"
METRICS = ("curl", "--silent", "--max-time", "5", "http://127.0.0.1:2381/metrics")
"""Reads the metrics of a machine's own member, at the port that kubeadm gives them."""
ACTIVE = re.compile(r'^etcd_network_active_peers\{Local="(\w+)",Remote="(\w+)"\} (\S+)$', re.MULTILINE)
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


def members(cluster: Cluster) -> dict[str, str]:
    """The names of etcd's members, by id as its metrics write it."""
    listed = as_json(etcdctl(cluster, "member", "list", "--write-out", "json"))["members"]
    return {f"{item['ID']:x}": str(item.get("name", "")) for item in listed}


def cut_off(metrics: str, known: Mapping[str, str]) -> list[str]:
    """The members that the member with these metrics is not connected to, by name; none if it does not count them.

    `known`: the names of all members, by id. Source: etcd, rafthttp, `etcd_network_active_peers`.
    """
    seen = [match.groups() for match in ACTIVE.finditer(metrics)]
    connected = {remote for _, remote, number in seen if float(number) > 0}
    own = {local for local, *_ in seen}
    return sorted(name for member, name in known.items() if seen and member not in connected | own)


def all_connected(cluster: Cluster) -> bool:
    """Raise AssertionError naming the pairs of etcd members that are not connected, as each control plane counts them.

    Two that are cut off from each other go unnoticed as long as the third leads. A control plane whose etcd has no port
    for metrics is not judged.
    """
    known = members(cluster)
    found = {
        machine.name: cut
        for machine in cluster.outputs.control_planes
        if (cut := cut_off(cluster.on_node(machine.name, *METRICS, check=False), known))
    }
    assert not found, f"members of etcd that are not connected, by who says so: {found}"
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
