"""A service of the platform with more replicas, and a worker that is drained. Source: plan 25.8."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from acceptance.base.deadlines import ROLLED_OUT
from acceptance.base.waiting import eventually
from acceptance.drivers.operations.service_under_change import VERSION, ServiceUnderChange

DRAINED_WITHIN = "90s"
"""An eviction may have to wait until another pod is ready (PodDisruptionBudget)."""


@dataclass(frozen=True)
class Drained:
    """A cordoned worker, and kubectl's output while it was drained of a service's pods."""

    node: str
    said: str


def push_replicas(service: ServiceUnderChange, count: int, version: str = "") -> str:
    """Commit a number of replicas, and another version if one is given; sync it; return the commit."""
    operations: list[dict[str, Any]] = [{"op": "replace", "path": "/spec/replicas", "value": count}]
    if version:
        operations.append({"op": "add", "path": "/spec/template/metadata/annotations", "value": {VERSION: version}})
    commit = service.push(*operations, message=f"{service.name}: {count} replicas {version}".rstrip())
    service.version = version
    service.status(refresh=True)
    service.is_still_off()
    service.when_idle(lambda: service.argocd.sync(service.name))
    service.wait_deployed(commit, version or None)
    return commit


def push_another_version(service: ServiceUnderChange) -> str:
    """Commit another version with the current number of replicas; sync it; return the commit."""
    return push_replicas(service, service.deployment().spec.replicas, f"version-{secrets.token_hex(4)}")


def wait_ready(service: ServiceUnderChange, count: int) -> dict[str, list[str]]:
    """Wait until a service has `count` pods, all ready and of one version; return their names by node."""

    def ready() -> dict[str, list[str]]:
        service.all_of(service.version or None)
        homes: dict[str, list[str]] = {}
        for pod in service.pods().values():
            homes.setdefault(pod.spec.node_name, []).append(pod.metadata.name)
        seen = sum(map(len, homes.values()))
        assert seen == count, f"{seen} pods of {service.name}: {homes}"
        return homes

    what = f"{count} pods of {service.name} to be ready"
    return eventually(ready, within=ROLLED_OUT, what=what, hint=f"kubectl describe pods -l app={service.name}")


@contextlib.contextmanager
def drained_worker(service: ServiceUnderChange) -> Iterator[Drained]:
    """Cordon a worker and evict the service's pods from it, but no others; uncordon it at the end of the block."""
    node = min(wait_ready(service, service.deployment().spec.replicas))
    kubectl = service.cluster.kubectl
    try:
        said = kubectl(
            "drain", node, f"--pod-selector=app={service.name}", "--ignore-daemonsets", "--delete-emptydir-data",
            f"--timeout={DRAINED_WITHIN}",
        )  # fmt: skip
        yield Drained(node, said)
    finally:
        kubectl("uncordon", node)
