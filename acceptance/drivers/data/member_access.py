"""What each member of the database answers by itself: the services' pods, and orders to Patroni. Source: 6.5, 6.6.

Services reach the member that the Service leads to. After a failover that is another one, with
its own configuration.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import psycopg

from acceptance.base.conditions import as_json, is_ready
from acceptance.base.waiting import eventually
from acceptance.clients.sql import Login, LoginRefused, connect
from acceptance.drivers.data.database import PATRONI_PORT, PORT, Database
from acceptance.drivers.data.database_logins import KNOWN, WHO
from acceptance.drivers.data.durability import variables_of
from acceptance.drivers.secrets.common_passwords import guesses
from acceptance.drivers.workloads.pods import PodClient

REFUSED = (401, 403)
USER, PASSWORD = "PATRONI_RESTAPI_USERNAME", "PATRONI_RESTAPI_PASSWORD"
"""The variables from which Patroni takes what it asks of whoever gives it orders."""


def not_served_by_members(db: Database, clients: Mapping[str, PodClient]) -> dict[str, str]:
    """The members that the client pod of a machine cannot log in to with DATABASE_URL's credentials, with the error."""
    found = {}
    members = {str(pod.metadata.name): str(pod.status.pod_ip) for pod in db.members() if is_ready(pod)}
    for node, here in clients.items():
        for name, address in members.items():
            what = f"a connection as {db.login.user} from {node} to {name}"
            try:
                eventually(functools.partial(served_at, here, address, db.login), within=KNOWN, what=what)
            except AssertionError as error:
                found[f"{name} from {node}"] = str(error)
    return found


def served_at(here: PodClient, address: str, login: Login) -> bool:
    """Raise AssertionError unless a pod can log in to the member at an address."""
    try:
        with connect(here.way_to(address, PORT), login) as connection:
            rows = connection.execute(WHO).fetchall()
    except (psycopg.Error, LoginRefused) as error:
        raise AssertionError(str(error).strip() or type(error).__name__) from error
    assert rows == [(login.user,)], f"{rows} as the current user"
    return True


def taking_orders(db: Database) -> dict[str, int]:
    """The members whose Patroni takes an order without a password, with its answer's status; none of YugabyteDB.

    The order changes nothing: it is an empty change of the settings. Nothing is judged where nothing answers.
    """
    found: dict[str, int] = {}
    for pod in [] if db.is_yugabytedb else db.members():
        try:
            said = db.client("http", "PATCH", f"http://{pod.status.pod_ip}:{PATRONI_PORT}/config", "{}")
        except AssertionError:
            continue
        found[str(pod.metadata.name)] = int(as_json(said)["status"])
    return {name: status for name, status in found.items() if status not in REFUSED}


def guessed(db: Database) -> list[str]:
    """The members whose Patroni takes orders with a password that anybody tries first; none of YugabyteDB."""
    found = []
    for pod in [] if db.is_yugabytedb else db.members():
        seen = (variables_of(db.namespace, pod) or {}) if is_ready(pod) else {}
        if seen.get(PASSWORD, "") in guesses(seen.get(USER, "")):
            found.append(f"{pod.metadata.name} has a common {PASSWORD}")
    return found
