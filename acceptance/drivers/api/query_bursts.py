"""Many protected queries at once while auth is away: what each of them takes must be given back. Source: 9.11.

A client that loses a place of its pool with each failed call has none left after a hundred, and stays without auth.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import PodClient

AT_ONCE = 32
"""Queries at once: the most that the probe sends."""
BUSY = 429
"""The status of a service that takes no more queries for a moment (RFC 6585, 4)."""


def burst(
    backend: Service, through: PodClient, settings: ServiceSettings, token: str, count: int
) -> dict[str, Mapping[str, int]]:
    """The number of answers by status to `count` protected queries at each pod of the backend, all pods at once."""
    body, bearer = json.dumps({"query": settings.protected_query}), f"Authorization: Bearer {token}"
    hosts = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in backend.running()}

    def send(host: str) -> Any:
        url = f"http://{host}:{backend.port}{settings.graphql_path}"
        return as_json(through("http-latency", "POST", url, str(count), str(AT_ONCE), body, bearer))["statuses"]

    with ThreadPoolExecutor(len(hosts)) as pool:
        return dict(zip(hosts, pool.map(send, hosts.values()), strict=True))


def other_answers(seen: Mapping[str, Mapping[str, int]], status: int) -> dict[str, Mapping[str, int]]:
    """The pods that gave other answers than those of this status, or that they are busy."""
    return {pod: found for pod, found in seen.items() if not {*map(int, found)} <= {status, BUSY}}
