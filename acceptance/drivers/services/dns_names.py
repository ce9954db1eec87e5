"""What a cluster DNS name resolves to in a service's pods. Source: 11.1."""

from __future__ import annotations

import ipaddress
import re
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


FILES = ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc")
"""The files by which a program resolves names, which Kubernetes writes for each pod, and the folder that has them."""


def own_names(spec: client.V1PodSpec) -> str:
    """What a pod's spec resolves names by besides the cluster's DNS; empty if nothing."""
    if spec.host_aliases:
        return f"hostAliases: {[name for item in spec.host_aliases for name in item.hostnames or []]}"
    if spec.dns_config and spec.dns_config.nameservers:
        # Some libraries ask all name servers at once: the first answer counts, also one that no such name exists.
        return f"nameservers of its own: {spec.dns_config.nameservers}"
    mounts = [mount for container in spec.containers or [] for mount in container.volume_mounts or []]
    if own := sorted({mount.mount_path.rstrip("/") for mount in mounts} & {*FILES}):
        return f"a volume at {' and '.join(own)}"
    policy = spec.dns_policy or "ClusterFirst"
    return "" if policy.startswith("ClusterFirst") else f"dnsPolicy {policy}"


def hosts_of(service: Service, pod: client.V1Pod) -> str:
    """The text of /etc/hosts in a pod; where the image has no `cat`, it is read on the pod's machine."""
    try:
        return str(service.namespace.execute(pod.metadata.name, "cat", FILES[0]))
    except AssertionError:
        command = f"cat /proc/$({process_of(pod)})/root{FILES[0]}"
        return str(service.namespace.cluster.on_node(pod.spec.node_name, "sh", "-ec", command))


def named_by_file(text: str, own: set[str]) -> list[str]:
    """The lines of a hosts file that give names to other addresses than the machine itself and `own`, the pod's."""
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    return [" ".join(line) for line in lines if len(line) > 1 and not is_itself(line[0], own)]


def is_itself(address: str, own: set[str]) -> bool:
    """Whether an address is the machine's own, one of `own`, or one of IPv6's groups, which every hosts file has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    groups = found.version == 6 and (found.is_multicast or found in ipaddress.ip_network("fe00::/9"))
    return found.is_loopback or groups or address in own


def addresses_by_file(service: Service, pod: client.V1Pod) -> str:
    """The lines of /etc/hosts in a pod that give names to other addresses than its own; empty if none does."""
    own = {str(item.ip) for item in pod.status.pod_ips or []} | {str(pod.status.pod_ip)}
    return "; ".join(named_by_file(hosts_of(service, pod), own))


def written_into_dns(service: Service) -> str:
    """The lines of CoreDNS' settings that name a Service: an address or another name that is written down for it.

    The settings are all ConfigMaps that begin with coredns (K3s has two); a cluster with another DNS server has none.
    """
    listed = service.namespace.cluster.core.list_namespaced_config_map("kube-system").items
    texts = [text for item in listed if item.metadata.name.startswith("coredns") for text in (item.data or {}).values()]
    name = re.compile(rf"(?<![\w-]){re.escape(service.name)}(?![\w-])")
    lines = [line.partition("#")[0].strip() for text in texts for line in text.splitlines()]
    return "; ".join(line for line in lines if name.search(line))


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
