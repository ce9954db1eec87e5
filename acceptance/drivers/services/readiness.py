"""Whether pods keep passing their probes while something that they can do without is away. Source: 9.11."""

from __future__ import annotations

import datetime
import time

from kubernetes import client

from acceptance.drivers.services.service import Service, in_words, now
from acceptance.drivers.workloads.pods import PodClient

MOST = 6.0
"""The most seconds to wait for probes to fail: those that take longer are only asked as the kubelet does."""
MARGIN = 1.0
"""Seconds from a pod's last failed probe until its Service has noticed."""


def seconds_to_wait(container: client.V1Container, since: datetime.datetime) -> float:
    """Seconds until a readiness probe that has failed since a moment has made its pod unready, at most MOST."""
    probe = container.readiness_probe
    if not probe:
        return 0.0
    # The kubelet's defaults (Kubernetes API, Probe), which the API server writes out.
    needed = (probe.period_seconds or 10) * (probe.failure_threshold or 3) + MARGIN
    return max(0.0, min(MOST, needed - (now() - since).total_seconds()))


def probed_paths(container: client.V1Container, port: int) -> set[str]:
    """The paths that the readiness and the liveness probe ask for over plain HTTP, at a service's own port."""
    ports = {item.name: item.container_port for item in container.ports or []}
    asked = [probe.http_get for probe in (container.readiness_probe, container.liveness_probe) if probe]
    return {
        str(get.path or "/")
        for get in asked
        if get and get.scheme in (None, "HTTP") and str(ports.get(get.port, get.port)) == str(port)
    }


def failing(service: Service, through: PodClient, since: datetime.datetime) -> list[str]:
    """The probes that fail, in words, once they have had time to make a pod unready; empty if none does.

    A probe passes with 2xx and 3xx. Raises AssertionError unless all pods of the service are ready.
    """
    doors, container = service.pod_doors(through), service.container()
    # This sleep waits for nothing that can be seen: nothing is to happen.
    time.sleep(seconds_to_wait(container, since))
    service.rolled_out()
    answers = [
        api.get(path, allow_redirects=False)
        for api in doors.values()
        for path in sorted(probed_paths(container, service.port))
    ]
    return [in_words(answer) for answer in answers if not 200 <= answer.status_code < 400]
