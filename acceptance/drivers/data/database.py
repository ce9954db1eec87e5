"""The database as scenarios see it: SQL to each member individually, and the replication between them."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable
from typing import Any

import psycopg
from kubernetes.client import V1Pod

from acceptance.base.conditions import as_json, is_ready
from acceptance.clients.sql import Connection, Login, connect
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.workloads.pods import PodClient

PORT = 5433
SERVICE = "yb-tservers"
"""The Service that leads to the member that accepts statements."""
PATRONI_PORT = 8008
MEMBERS = "app=yb-tserver"
LEADER = "app=yb-tserver,role in (master,primary)"
"""Patroni calls it `primary` from its release 4 on."""
SCHEMA = "backend"
UI = "http://yb-master-ui:7000"
COLUMNS = """information_schema.columns
    where to_regclass(quote_ident(table_schema) || '.' || quote_ident(table_name)) = to_regclass(%s)"""
"""Where SQL finds the columns of a table, whose name it is given with its schema or without."""
STREAMS = "select application_name, state, sync_state from pg_stat_replication"
Rows = list[tuple[Any, ...]]


class Database:
    """Three members of YugabyteDB, or of PostgreSQL under Patroni; queried through a client pod, as services do."""

    def __init__(self, namespace: Namespace, login: Login, admin: Login, client: PodClient):
        self.namespace = namespace
        self.login = login
        self.admin = admin
        self.client = client
        self.tables: list[str] = []

    def members(self) -> list[V1Pod]:
        """The pods of all members, by name."""
        return sorted(self.namespace.pods(MEMBERS), key=lambda pod: str(pod.metadata.name))

    def member_names(self) -> set[str]:
        """The names of all members, which Patroni's standbys also give when they connect."""
        return {str(pod.metadata.name) for pod in self.members()}

    def names(self) -> list[str]:
        """The names of the members that are Ready."""
        return [str(pod.metadata.name) for pod in self.members() if is_ready(pod)]

    def address(self, member: str) -> str:
        """An address that leads through the client pod to a member (SERVICE: to the one that the Service chooses)."""
        host = SERVICE if member == SERVICE else self.namespace.pod(member).status.pod_ip
        return self.client.way_to(host, PORT)

    def places(self) -> list[str]:
        """Where clients may connect: the Service, and each member that is Ready."""
        return [SERVICE, *self.names()]

    def connect(self, member: str, login: Login | None = None, **settings: Any) -> Connection:
        """A connection to one member or the Service, for a `with`. Raises LoginRefused if it rejects the client."""
        return connect(self.address(member), login or self.login, **settings)

    def ask(self, member: str, statement: str, *values: Any, login: Login | None = None) -> Rows:
        """The rows of a statement on one member or the Service.

        Raises AssertionError if the statement fails or nothing is reached, LoginRefused if the server rejects the
        client: a rejected client proves nothing else.
        """
        try:
            with self.connect(member, login) as connection:
                cursor = connection.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        except psycopg.Error as error:
            raise AssertionError(f"expected {member} to execute {statement!r}, saw {str(error).strip()}") from error

    def version(self, member: str) -> str:
        """A member's version string."""
        return str(self.ask(member, "select version()", login=self.admin)[0][0])

    def databases(self) -> list[str]:
        """All databases that accept connections."""
        rows = self.ask(
            self.leader(), "select datname from pg_database where datallowconn order by 1", login=self.admin
        )
        return [str(name) for (name,) in rows]

    def roles(self) -> list[str]:
        """All roles that may log in."""
        rows = self.ask(self.leader(), "select rolname from pg_roles where rolcanlogin order by 1", login=self.admin)
        return [str(name) for (name,) in rows]

    @functools.cached_property
    def is_yugabytedb(self) -> bool:
        """Whether this is YugabyteDB: any member then answers any statement."""
        return "-YB-" in self.version(self.names()[0])

    def leader(self) -> str:
        """The name of the member that accepts writes. Raises AssertionError unless there is exactly one."""
        if self.is_yugabytedb:
            return self.names()[0]
        leaders = [str(pod.metadata.name) for pod in self.namespace.pods(LEADER) if is_ready(pod)]
        assert len(leaders) == 1, f"expected one member that leads (a Ready pod with {LEADER}), saw {leaders}"
        return leaders[0]

    def leader_of(self, table: str) -> str:
        """The name of the member whose loss affects a table most: the one that leads it."""
        if not self.is_yugabytedb:
            return self.leader()
        tablet = self.tablets(table)[0]
        replica = next(item for item in tablet["replicas"] if item["server_uuid"] == tablet["leader"])
        return str(replica["addr"]).partition(".")[0]

    def tablets(self, table: str = "") -> list[dict[str, Any]]:
        """YugabyteDB's running tablets (those of `table`, if given) with their replicas, as the master lists them."""
        entities = as_json(self.client("get", f"{UI}/dump-entities"))
        ids = {item["table_id"] for item in entities["tables"] if table in ("", item["table_name"])}
        found = [item for item in entities["tablets"] if item["table_id"] in ids and item["state"] == "RUNNING"]
        assert found, f"expected running tablets of {table or 'any table'}, but YugabyteDB's master lists none"
        return found

    def addresses(self) -> set[str]:
        """The addresses of all members that are Ready."""
        return {str(pod.status.pod_ip) for pod in self.members() if is_ready(pod)}

    def writers(self) -> set[str]:
        """The addresses of the members that accept writes: all of YugabyteDB's, only PostgreSQL's leader."""
        return self.addresses() if self.is_yugabytedb else {str(self.namespace.pod(self.leader()).status.pod_ip)}

    def holds(self, member: str, table: str, expected: Rows) -> bool:
        """Raise AssertionError unless a member has exactly these rows."""
        rows = self.ask(member, f"select * from {table} order by id")
        assert rows == expected, f"expected the rows {expected} in {table} on {member}, saw {rows}"
        return True

    def create(self, columns: str) -> str:
        """Create the scenario's own table; return its name with its schema."""
        name = f"{SCHEMA}.scenario_{secrets.token_hex(4)}"
        self.tables.append(name)
        self.ask(SERVICE, f"create table {name} ({columns})")
        return name

    def close(self) -> None:
        """Drop the scenario's tables."""
        for name in self.tables:
            self.ask(self.leader(), f"drop table if exists {name}", login=self.admin)

    def streams(self, wanted: Callable[[str, str], bool], what: str, others: int = 2) -> Rows:
        """The streams from the leader to members. Raises AssertionError unless there are `others`, all as wanted.

        Whoever else reads its log, such as a backup, is no replica.
        """
        names = self.member_names()
        rows = [row for row in self.ask(self.leader(), STREAMS, login=self.admin) if row[0] in names]
        good = [row for row in rows if wanted(row[1], row[2])]
        assert len(rows) == len(good) == others, f"expected {others} other members that {what}, saw {rows}"
        return rows

    def all_members_ready(self) -> Any:
        """Raise AssertionError unless all members of the StatefulSets are Ready, and follow all writes."""
        apps, names = self.namespace.cluster.apps, self.names()
        sets = apps.list_namespaced_stateful_set(self.namespace.name, label_selector=MEMBERS).items
        wanted = sum(item.spec.replicas for item in sets)
        assert len(names) == wanted > 0, f"expected {wanted} members of the database Ready, saw {names}"
        if self.is_yugabytedb:
            return self.fully_replicated()
        return self.streams(lambda state, _: state == "streaming", "follow the leader", others=wanted - 1)

    def fully_replicated(self) -> Any:
        """Raise AssertionError unless all data has three replicas; under Patroni, before a commit is acknowledged."""
        if not self.is_yugabytedb:
            return self.streams(
                lambda state, sync: (state, sync) == ("streaming", "sync"), "have each commit before it is acknowledged"
            )
        health = as_json(self.client("get", f"{UI}/api/v1/health-check"))
        assert not health["dead_nodes"] and not health["under_replicated_tablets"], (
            f"expected neither dead nodes nor under-replicated tablets in YugabyteDB's health check, saw {health}"
        )
        tablets = self.tablets()
        short = [item["tablet_id"] for item in tablets if len({r["server_uuid"] for r in item["replicas"]}) != 3]
        assert not short, f"{len(short)} of {len(tablets)} tablets do not have three replicas: {short[:5]}"
        return f"{len(tablets)} tablets with three replicas each"

    def can_fail_over(self) -> Any:
        """Raise AssertionError unless each other member may take over from the leader with every acknowledged write.

        Patroni keeps a list of the members that may, and adds one some seconds after it follows a new leader.
        """
        seen = self.fully_replicated()
        if self.is_yugabytedb:
            return seen
        address = self.namespace.pod(self.leader()).status.pod_ip
        answer = as_json(self.client("http", "GET", f"http://{address}:{PATRONI_PORT}/cluster"))
        roles = {member["name"]: member["role"] for member in as_json(answer["body"])["members"]}
        others = [name for name, role in roles.items() if role == "sync_standby"]
        assert len(others) == len(roles) - 1 == 2, (
            f"expected a leader and two members that may take over (sync_standby), Patroni lists {roles}"
        )
        return roles
