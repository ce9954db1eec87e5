"""Ports beside the database's own that lead to it, as those of a pooler: they ask for passwords, too. Source: 6.6."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import psycopg

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.clients.sql import Login, LoginRefused, connect
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.data.database import PORT, SERVICE, Database
from acceptance.drivers.data.database_logins import wrong

Place = tuple[str, int]
OTHERS = {"auth-service", "backend-service", "frontend-service", "redis", "kubernetes"}
"""Services of which the criteria say what they serve: requests of another protocol would only fill their logs."""
AT_ONCE = 16


def ports_beside(namespace: Namespace, known: Collection[str], own: Place) -> list[Place]:
    """The TCP ports of the platform's Services, but those of `known` ones, and the port `own`."""
    found = namespace.cluster.core.list_namespaced_service(namespace.name, label_selector=f"!{SCENARIO_LABEL}").items
    ports = [(str(item.metadata.name), port) for item in found for port in item.spec.ports or []]
    return sorted(
        (name, int(port.port))
        for name, port in ports
        if name not in known and (port.protocol or "TCP") == "TCP" and (name, port.port) != own
    )


def places(db: Database) -> list[Place]:
    """The Services of the platform's namespace, with each TCP port that may lead to a pooler of the database."""
    return ports_beside(db.namespace, OTHERS, (SERVICE, PORT))


def let_in(db: Database) -> list[str]:
    """The other ports that let DATABASE_URL's role in with a wrong password, asked all at once from the client pod."""
    login, found = wrong(db.login, "a wrong password"), places(db)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda place: lets_in(db, place, login), found)
        return [f"{name}:{port}" for (name, port), open_ in zip(found, answers, strict=True) if open_]


def lets_in(db: Database, place: Place, login: Login) -> bool:
    """Whether a port serves SQL to a login; False if it refuses it, does not answer, or serves something else."""
    with contextlib.suppress(psycopg.Error, LoginRefused), connect(db.client.way_to(*place), login):
        return True
    return False
