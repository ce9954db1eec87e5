"""How long calls between services take, from where the caller runs. Source: 7.7, 11.2."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.drivers.pods import PodClient
from acceptance.drivers.services import Service

AT_ONCE = 4
"""Callers at the same time: a load that is normal for two pods, and that shows whether one waits for the other."""


@contextlib.contextmanager
def beside(service: Service, client: PodClient) -> Iterator[dict[str, PodClient]]:
    """A client pod on each machine that a service has a pod on, by machine, until the end of the block."""
    nodes = sorted({str(pod.spec.node_name) for pod in service.running()})
    clients = {node: PodClient(client.namespace, f"client-on-{index}", node) for index, node in enumerate(nodes)}
    try:
        yield clients
    finally:
        for item in clients.values():
            item.close()
            item.delete()


def validate_calls(
    caller: Service, auth: Service, client: PodClient, path: str, token: str, count: int
) -> dict[str, dict[str, Any]]:
    """Figures of `count` calls from each machine of the caller to each pod of auth, and to its Service by its name.

    To the Service each call has a connection of its own, so that all pods are among those that answer; it is called
    by several at once, too.
    """
    hosts = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in auth.running()}
    bearer = f"Authorization: Bearer {token}"
    seen = {}
    with beside(caller, client) as clients:
        for node, here in clients.items():
            for who, host in {**hosts, f"the Service {auth.name}": auth.name}.items():
                headers = [bearer, *(["Connection: close"] if host == auth.name else [])]
                url = f"http://{host}:{auth.port}{path}"
                seen[f"{who} from {node}"] = as_json(here("http-latency", "POST", url, str(count), "", *headers))
            call = ("http-latency", "POST", f"http://{auth.name}:{auth.port}{path}", str(count // AT_ONCE), "")
            seen[f"{AT_ONCE} at once of the Service from {node}"] = at_once(here, *call, bearer, "Connection: close")
    return seen


def at_once(here: PodClient, *call: str) -> dict[str, Any]:
    """The figures of AT_ONCE callers who make the same calls at the same time."""
    here.ensure()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return together(as_json(said) for said in threads.map(lambda _: here(*call), range(AT_ONCE)))


def together(figures: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The figures of several callers: the calls and statuses of all, the times of the one who waited longest."""
    each = list(figures)
    statuses: dict[str, int] = {}
    for one in each:
        for status, count in one["statuses"].items():
            statuses[status] = statuses.get(status, 0) + count
    times = {name: max(one[name] for one in each) for name in ("p50", "p95", "p99", "max")}
    return {"count": sum(one["count"] for one in each), "statuses": statuses, **times, "unit": each[0]["unit"]}
