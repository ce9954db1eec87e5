"""How long calls between services take, from the caller's machine. Source: 7.7, 11.2."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.drivers.services.carried_tokens import carried_by_probe
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import PodClient

AT_ONCE = (1, 4)
"""Numbers of connections that calls come over: one, and four as from a backend pod with four concurrent users.

This is what "normal load" in 11.2 is taken to mean. Each connection sends its next call as soon as it has an answer.
"""
Figures = dict[str, Any]
"""The probe's figures for many calls: their number, their statuses, and percentiles in milliseconds."""


@contextlib.contextmanager
def beside(client: PodClient, *services: Service) -> Iterator[dict[str, PodClient]]:
    """A client pod on each machine that runs a pod of these services, by machine, until the end of the block."""
    nodes = sorted({str(pod.spec.node_name) for service in services for pod in service.running()})
    clients = {node: PodClient(client.namespace, f"client-on-{index}", node) for index, node in enumerate(nodes)}
    try:
        yield clients
    finally:
        for item in clients.values():
            item.close()
            item.delete()


def reads_at_once(client: PodClient, readers: Service, key: str, count: int) -> dict[str, Figures]:
    """Figures for `count` reads of a key of Redis from each machine of the readers, by machine.

    All machines read at the same time, each at a beat; none starts before every client pod is ready.
    """
    with beside(client, readers) as clients, ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(lambda here: here.ensure(), clients.values()))
        said = pool.map(lambda here: here("redis-latency", "env:REDIS_URL", key, str(count)), clients.values())
        return dict(zip(clients, map(as_json, said), strict=True))


def validate_calls(
    caller: Service,
    auth: Service,
    client: PodClient,
    path: str,
    token: str,
    count: int,
    at_once: Collection[int] = AT_ONCE,
    field: str = "",
) -> dict[str, Figures]:
    """Figures for `count` calls from each machine of the caller to each pod of auth, and to its Service by name.

    They are measured for each number of connections (`at_once`). Each call to the Service uses a new connection, so
    that all pods answer some. `field`: that of the body which has the token; empty if it is the bearer.
    """
    hosts = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in auth.running()}
    body, *bearer = carried_by_probe(field, token)
    seen = {}
    with beside(client, caller) as clients:
        for node, here in clients.items():
            for who, host in {**hosts, f"the Service {auth.name}": auth.name}.items():
                headers = [*bearer, *(["Connection: close"] if host == auth.name else [])]
                url = f"http://{host}:{auth.port}{path}"
                for number in at_once:
                    printed = here("http-latency", "POST", url, str(count), str(number), body, *headers)
                    seen[f"{who} from {node}, {number} at once"] = as_json(printed)
    return seen


def with_others(calls: Mapping[str, Figures], statuses: Collection[int]) -> dict[str, dict[str, int]]:
    """The statuses of each series of calls that were not all answered with one of these statuses."""
    known = {str(status) for status in statuses}

    def good(seen: Figures) -> bool:
        answered: dict[str, int] = seen["statuses"]
        return sum(number for status, number in answered.items() if status in known) == int(seen["count"])

    return {who: seen["statuses"] for who, seen in calls.items() if not good(seen)}


def slower(calls: Mapping[str, Figures], share: int, limit: int) -> dict[str, str]:
    """The series of which fewer than `share` percent of the calls were answered within `limit` milliseconds."""
    return {who: f"{seen[f'p{share}']} ms" for who, seen in calls.items() if seen[f"p{share}"] > limit}
