"""What a cluster DNS name resolves to in a service's pods. Source: 11.1."""

from __future__ import annotations

from urllib.parse import urlsplit

from kubernetes import client

from acceptance.drivers.services.service import Service


def own_names(spec: client.V1PodSpec) -> str:
    """What a pod's spec has besides the cluster's DNS to find names by; nothing if it has nothing."""
    if spec.host_aliases:
        return f"hostAliases: {[name for item in spec.host_aliases for name in item.hostnames or []]}"
    policy = spec.dns_policy or "ClusterFirst"
    return "" if policy.startswith("ClusterFirst") else f"dnsPolicy {policy}"


def resolved(service: Service, pod: client.V1Pod, variable: str) -> tuple[str, str]:
    """The host in a URL that a pod's process was started with, and the address that it leads that pod to."""
    name = urlsplit(service.environment(pod).get(variable, "")).hostname or ""
    assert name, f"{pod.metadata.name} runs without a URL in {variable}"
    found = service.namespace.execute(pod.metadata.name, "getent", "hosts", name).split()
    return name, found[0] if found else ""
