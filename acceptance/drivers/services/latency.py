"""How long calls between services take, from the caller's machine. Source: 7.7, 11.2."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import PodClient

AT_ONCE = (1, 4)
"""On how many connections calls come: one after another, and as from a pod of the backend that has four users at once.

This is what "normal load" of 11.2 is taken for. Each connection asks again as soon as it is answered.
"""
Figures = dict[str, Any]
"""What the probe says of many calls: their number, the statuses, and percentiles in milliseconds."""


@contextlib.contextmanager
def beside(client: PodClient, *services: Service) -> Iterator[dict[str, PodClient]]:
    """A client pod on each machine that a service has a pod on, by machine, until the end of the block."""
    nodes = sorted({str(pod.spec.node_name) for service in services for pod in service.running()})
    clients = {node: PodClient(client.namespace, f"client-on-{index}", node) for index, node in enumerate(nodes)}
    try:
        yield clients
    finally:
        for item in clients.values():
            item.close()
            item.delete()


def validate_calls(
    caller: Service,
    auth: Service,
    client: PodClient,
    path: str,
    token: str,
    count: int,
    at_once: Collection[int] = AT_ONCE,
) -> dict[str, Figures]:
    """Figures of `count` calls from each machine of the caller to each pod of auth, and to its Service by its name.

    They are measured for each number of connections (`at_once`). To the Service each call has a connection of its own,
    so that all pods are among those that answer.
    """
    hosts = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in auth.running()}
    bearer = f"Authorization: Bearer {token}"
    seen = {}
    with beside(client, caller) as clients:
        for node, here in clients.items():
            for who, host in {**hosts, f"the Service {auth.name}": auth.name}.items():
                headers = [bearer, *(["Connection: close"] if host == auth.name else [])]
                url = f"http://{host}:{auth.port}{path}"
                for number in at_once:
                    printed = here("http-latency", "POST", url, str(count), str(number), "", *headers)
                    seen[f"{who} from {node}, {number} at once"] = as_json(printed)
    return seen


def with_others(calls: Mapping[str, Figures], statuses: Collection[int]) -> dict[str, dict[str, int]]:
    """The calls that were not all answered with one of some statuses."""
    known = {str(status) for status in statuses}

    def good(seen: Figures) -> bool:
        answered: dict[str, int] = seen["statuses"]
        return sum(number for status, number in answered.items() if status in known) == int(seen["count"])

    return {who: seen["statuses"] for who, seen in calls.items() if not good(seen)}


def slower(calls: Mapping[str, Figures], share: int, limit: int) -> dict[str, str]:
    """The calls of which fewer than `share` of 100 were answered within `limit` milliseconds."""
    return {who: f"{seen[f'p{share}']} ms" for who, seen in calls.items() if seen[f"p{share}"] > limit}
