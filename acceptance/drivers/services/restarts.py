"""Containers of services that must not end while they are asked. Source: 11.2."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import restarts

REPORTED = 3
"""Seconds after which a restart is told by the pod's status."""


def restarts_of(service: Service) -> dict[str, int]:
    """How often Kubernetes has started the containers of each of a service's pods again, ready or not."""
    return {str(pod.metadata.name): restarts(pod) for pod in service.namespace.pods(f"app={service.name}")}


@contextlib.contextmanager
def without_restarts(*services: Service) -> Iterator[None]:
    """Raise AssertionError if a container of these services is started again before the end of the block.

    A call that fails because its server ended is also told by that.
    """
    before = [restarts_of(service) for service in services]
    failed: AssertionError | None = None
    try:
        yield
    except AssertionError as error:
        failed = error
        # The kubelet reports a container that ended a moment later.
        time.sleep(REPORTED)
    after = [restarts_of(service) for service in services]
    again = {
        name: count - was.get(name, 0)
        for was, seen in zip(before, after, strict=True)
        for name, count in seen.items()
        if count > was.get(name, 0)
    }
    if again:
        raise AssertionError(
            f"expected no container to be restarted by the calls, saw how often by pod: {again}. "
            f"Try: kubectl describe pod {' '.join(again)}"
        ) from failed
    if failed:
        raise failed
