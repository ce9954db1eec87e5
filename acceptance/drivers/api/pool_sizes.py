"""How many connections to the database a busy pod of a service holds, seen after a burst of requests. Source: 6.5.

A pool grows only while clients wait. Its size is a setting of the service's own, which no object of the cluster shows.
"""

from __future__ import annotations

import contextlib
import functools
import json
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import Namespace
from acceptance.cluster.workloads import taking
from acceptance.drivers.data.database import Database
from acceptance.drivers.data.database_logins import KNOWN, POOL, URL, connections_at_once
from acceptance.drivers.services.service import PORTS, Service
from acceptance.drivers.workloads.pods import PodClient

COUNT, AT_ONCE, CALLERS = 300, 32, 2
"""Requests of each caller, how many of them at once, and callers at once: what they hold open may fill a pool of 60."""
HELD = """select host(client_addr), count(*) from pg_stat_activity
    where usename = %s and client_addr is not null group by 1"""
Request = tuple[str, ...]
"""Method, path, body and headers."""


def requests_of(settings: ServiceSettings) -> dict[str, list[Request]]:
    """Requests that need no sign-in and may use a service's pool, by service."""
    nobody = f"Authorization: Bearer {secrets.token_hex(16)}"
    return {
        "auth-service": [("GET", settings.auth_health_path), ("POST", settings.validate_path, "", nobody)],
        "backend-service": [
            ("GET", "/health"), ("POST", settings.graphql_path, json.dumps({"query": settings.public_query})),
        ],
    }  # fmt: skip


def burst(client: PodClient, address: str, request: Request) -> None:
    """Send a request many times, many at once, from a pod to an address; what is answered does not matter."""
    method, path, *rest = request

    def call(_number: int) -> None:
        with contextlib.suppress(AssertionError):
            client("http-latency", method, f"http://{address}{path}", str(COUNT), str(AT_ONCE), *rest)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(call, range(CALLERS)))


def held(db: Database) -> dict[str, int]:
    """How many connections of the services' role each address holds to the leader."""
    return {str(address): int(count) for address, count in db.ask(db.leader(), HELD, db.login.user, login=db.admin)}


def after_bursts(db: Database, default: Namespace, settings: ServiceSettings) -> tuple[dict[str, int], int]:
    """The connections that one pod of each service held after a burst, by service, and what all their pods hold.

    The client is a pod of its own: to a service that tells clients apart by address, it is nobody else.
    """
    client = PodClient(db.client.namespace, "pool-client")
    asked = {}
    try:
        for name, requests in requests_of(settings).items():
            address = str(Service(default, name).running()[0].status.pod_ip)
            asked[name], way = address, f"{address}:{PORTS[name]}"
            knock = functools.partial(client, "http", "GET", f"http://{way}{requests[0][1]}")
            eventually(knock, within=KNOWN, what=f"an answer of {name} to a new pod")
            for request in requests:
                burst(client, way, request)
    finally:
        client.close()
        client.delete()
    seen, pods = held(db), {pod.status.pod_ip for pod in default.pods()}
    return (
        {name: seen.get(address, 0) for name, address in asked.items()},
        sum(count for address, count in seen.items() if address in pods),
    )


def with_pools(deployments: list[Any], pools: Mapping[str, int], now: int) -> int:
    """The connections to open beside those that the services hold `now`, so that all their pools would be full.

    `pools`: the connections that a pod was seen to hold, by Deployment. Never fewer than `connections_at_once`.
    """
    users = taking(deployments, {URL})
    full = sum(max(POOL, pools.get(item.metadata.name, 0)) * int(item.spec.replicas) for item in users)
    return max(connections_at_once(deployments), 1 + full - now)
