"""What a cluster DNS name resolves to in a service's pods. Source: 11.1."""

from __future__ import annotations

from urllib.parse import urlsplit

from kubernetes import client

from acceptance.base.errors import UserError
from acceptance.cluster.namespace import NotStarted
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import process_of

ON_NODE = """pid=$({process}); test -n "$pid"; exec nsenter --target $pid --net unshare --mount sh -ec '
mount -t tmpfs none /mnt
for file in hosts resolv.conf; do cat /proc/$0/root/etc/$file > /mnt/$file; mount --bind /mnt/$file /etc/$file; done
getent --service "files dns" hosts "$1"' $pid {name}"""
"""Looks a name up on a pod's machine: in the pod's network, with copies of the pod's files, in a mount namespace of its
own. The files are copied, because `mount` would resolve their links to the machine's own files. The machine's own
services for names (such as systemd-resolved) are not asked.
"""


def own_names(spec: client.V1PodSpec) -> str:
    """What a pod's spec resolves names by besides the cluster's DNS; empty if nothing."""
    if spec.host_aliases:
        return f"hostAliases: {[name for item in spec.host_aliases for name in item.hostnames or []]}"
    policy = spec.dns_policy or "ClusterFirst"
    return "" if policy.startswith("ClusterFirst") else f"dnsPolicy {policy}"


def resolved(service: Service, pod: client.V1Pod, variable: str) -> tuple[str, str]:
    """The host of the URL in a pod's environment variable, and its address as that pod resolves it (empty: not at all).

    Raises AssertionError if the variable has no URL.
    """
    name = urlsplit(service.environment(pod).get(variable, "")).hostname or ""
    assert name, f"expected a URL in {variable} of pod {pod.metadata.name}, but its process runs without one"
    found = looked_up(service, pod, name).split()
    return name, found[0] if found else ""


def looked_up(service: Service, pod: client.V1Pod, name: str) -> str:
    """What `getent` says of a name in a pod; where the image has none, on its machine, as the pod resolves names.

    Raises AssertionError if the name has no address.
    """
    try:
        return str(service.namespace.execute(pod.metadata.name, "getent", "hosts", name))
    except NotStarted:
        command = ON_NODE.format(process=process_of(pod), name=name)
        try:
            return str(service.namespace.cluster.on_node(pod.spec.node_name, "sh", "-ec", command))
        except UserError as error:
            said = error.problem.splitlines()[-1].strip()
            raise AssertionError(
                f"expected pod {pod.metadata.name} to resolve {name}, saw on its machine: {said}"
            ) from error
