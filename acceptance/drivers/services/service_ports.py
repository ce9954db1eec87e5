"""Services: their type, their ports, and the host and port that a client's setting names."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kubernetes.client import ApiException

from acceptance.cluster.namespace import Namespace
from acceptance.drivers.workloads.pods import PodClient

CLUSTER = "Cluster"
"""The internalTrafficPolicy by which a Service leads to its pods on all machines, which is the default."""


def spec_of(namespace: Namespace, name: str) -> Any:
    """The spec of a Service. Raises AssertionError if there is none."""
    try:
        return namespace.cluster.core.read_namespaced_service(name, namespace.name).spec
    except ApiException as error:
        if error.status != 404:
            raise
        raise AssertionError(f"expected a Service {name} in {namespace.name}, saw none") from None


def exists(namespace: Namespace, name: str) -> bool:
    """Whether there is a Service of that name."""
    try:
        return bool(spec_of(namespace, name))
    except AssertionError:
        return False


def check(namespace: Namespace, name: str, port: int) -> Any:
    """The spec of a Service. Raises AssertionError unless it is of type ClusterIP, has the port, and leads everywhere.

    While each machine has a pod of it, it goes unnoticed that a Service only leads to pods on the caller's machine.
    """
    spec = spec_of(namespace, name)
    assert spec.type == "ClusterIP", (
        f"expected the Service {name} in {namespace.name} to be of type ClusterIP, inside the cluster only, "
        f"saw {spec.type}"
    )
    ports = [item.port for item in spec.ports or []]
    assert port in ports, f"expected port {port} of the Service {name} in {namespace.name}, saw {ports}"
    kept_to = spec.internal_traffic_policy or CLUSTER
    assert kept_to == CLUSTER, (
        f"expected the Service {name} in {namespace.name} to lead to its pods on every machine, saw "
        f"internalTrafficPolicy: {kept_to}, with which machines without a pod of it cannot reach it"
    )
    return spec


def named_in(client: PodClient, variable: str) -> tuple[str | None, int | None]:
    """Host and port of the URL in one of the services' variables, read in a pod that has it from the Secret."""
    parts = urlsplit(client("env", variable))
    return parts.hostname, parts.port


def split(address: str) -> tuple[str, int]:
    """Host and port of HOST:PORT."""
    host, _, port = address.rpartition(":")
    return host, int(port)
