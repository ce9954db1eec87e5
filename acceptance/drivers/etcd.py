"""etcd, as kubeadm runs it: asked through one of its members' pods."""

from __future__ import annotations

from kubernetes import client

from acceptance.cluster.cluster import Cluster
from acceptance.criteria.verdicts import Unverifiable

PKI = "/etc/kubernetes/pki/etcd"
DATA = "/var/lib/etcd"
"""Where a member keeps its data: the same folder in the pod and on its node."""


def etcd_pod(cluster: Cluster) -> client.V1Pod:
    """A member's pod. Raises Unverifiable where etcd is no pod (K3s)."""
    pods = cluster.core.list_namespaced_pod("kube-system", label_selector="component=etcd").items
    if not pods:
        raise Unverifiable("etcd is no pod here (K3s has its own): its store is to be read on a server's machine only")
    return pods[0]


def etcdctl(cluster: Cluster, *arguments: str) -> str:
    """Run etcdctl in that pod; return what it printed."""
    return cluster.kubectl(
        "-n", "kube-system", "exec", etcd_pod(cluster).metadata.name, "--", "etcdctl",
        "--endpoints", "https://127.0.0.1:2379", "--cacert", f"{PKI}/ca.crt", "--cert", f"{PKI}/server.crt",
        "--key", f"{PKI}/server.key", *arguments,
    )  # fmt: skip
