"""What a name of the cluster leads a service's pods to. Source: 11.1."""

from __future__ import annotations

from urllib.parse import urlsplit

from kubernetes import client

from acceptance.drivers.services import Service


def resolved(service: Service, pod: client.V1Pod, variable: str) -> tuple[str, str]:
    """The host in a URL that a pod's process was started with, and the address that it leads that pod to."""
    name = urlsplit(service.environment(pod).get(variable, "")).hostname or ""
    assert name, f"{pod.metadata.name} runs without a URL in {variable}"
    found = service.namespace.execute(pod.metadata.name, "getent", "hosts", name).split()
    return name, found[0] if found else ""
