"""The database: its members, what they hold, and what becomes of it when one of them is lost."""

import contextlib
import functools
import itertools
import json
import random
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg
import pytest
from kubernetes.client import ApiException
from psycopg import sql
from pytest_bdd import given, parsers, then, when

from fixtures.clients.port_forward import port_forward
from fixtures.clients.sql import PORT, Login, Refused, ask, connect, connected
from fixtures.cluster import Namespace, as_json, is_ready
from fixtures.pods import PodClient, credentials, dead, delete_now, ready_again, volume_at
from fixtures.verdicts import Unverifiable
from fixtures.waiting import DATABASE_SERVES, MEMBER_BACK, POD_READY, REPLICATED, eventually

MEMBERS = "app=yb-tserver"
LEADER = "app=yb-tserver,role=master"
DISK = "/mnt/disk0"
SCHEMA = "backend"
UI = "http://yb-master-ui:7000"
RTO_OF_STAND_IN = 60
WRITES = 240
ENOUGH = 20
HINT = "kubectl get pods -l app=yb-tserver -L role; kubectl logs yb-tserver-0"


@dataclass
class Database:
    """The database as scenarios see it: SQL to each member by itself, and to whoever leads."""

    namespace: Namespace
    login: Login
    admin: Login
    client: PodClient
    tables: list[str] = field(default_factory=list)

    def members(self):
        """The pods of the three members, by name."""
        return sorted(self.namespace.pods(MEMBERS), key=lambda pod: pod.metadata.name)

    def names(self):
        """The names of the members that are Ready."""
        return [pod.metadata.name for pod in self.members() if is_ready(pod)]

    def ask(self, member, statement, *values, login=None):
        """The rows of a statement on one member."""
        return ask(self.namespace.cluster, self.namespace.name, member, login or self.login, statement, *values)

    def connected(self, member, login=None):
        """A connection to one member."""
        return connected(self.namespace.cluster, self.namespace.name, member, login or self.login)

    def version(self, member):
        """What a member says that it is."""
        return self.ask(member, "select version()")[0][0]

    @functools.cached_property
    def is_yugabytedb(self):
        """Whether this is YugabyteDB: any member then answers any statement."""
        return "-YB-" in self.version(self.names()[0])

    def leader(self):
        """The name of the member to write to."""
        if self.is_yugabytedb:
            return self.names()[0]
        leaders = [pod.metadata.name for pod in self.namespace.pods(LEADER) if is_ready(pod)]
        assert len(leaders) == 1, f"{len(leaders)} members lead: {leaders}"
        return leaders[0]

    def leader_of(self, table):
        """The name of the member whose death hurts a table most."""
        if not self.is_yugabytedb:
            return self.leader()
        tablet = self.tablets(table)[0]
        replica = next(item for item in tablet["replicas"] if item["server_uuid"] == tablet["leader"])
        return replica["addr"].partition(".")[0].partition(":")[0]

    def tablets(self, table=""):
        """YugabyteDB's tablets (those of `table`, if given) with their replicas, as the master lists them."""
        entities = as_json(self.client("get", f"{UI}/dump-entities"))
        ids = {item["table_id"] for item in entities["tables"] if item["table_name"] == (table or item["table_name"])}
        found = [item for item in entities["tablets"] if item["table_id"] in ids]
        assert found, f"the master lists no tablets of {table or 'anything'}"
        return found

    def create(self, columns):
        """Make a table of the scenario's own; return its name."""
        name = f"scenario_{secrets.token_hex(4)}"
        self.tables.append(name)
        self.ask(self.leader(), f"create table {SCHEMA}.{name} ({columns})")
        return name

    def drop_tables(self):
        """Remove what `create` made."""
        for name in self.tables:
            self.ask(self.leader(), f"drop table if exists {SCHEMA}.{name}")

    def count_of_streams(self, condition):
        """How many of the leader's streams of replication fulfil a condition, and all of them."""
        rows = self.ask(
            self.leader(), "select application_name, state, sync_state, replay_lag::text from pg_stat_replication",
            login=self.admin,
        )  # fmt: skip
        return sum(condition(row) for row in rows), rows

    def all_there(self):
        """Raise AssertionError unless three members are Ready and hold, or follow, all that is written."""
        names = self.names()
        assert len(names) == 3, f"3 members Ready, not {names}"
        if self.is_yugabytedb:
            return self.fully_replicated()
        count, rows = self.count_of_streams(lambda row: row[1] == "streaming")
        assert count == 2, f"2 members that follow the leader, not {rows}"
        return rows

    def fully_replicated(self):
        """Raise AssertionError unless every commit is on all three members before it is acknowledged."""
        if not self.is_yugabytedb:
            count, rows = self.count_of_streams(lambda row: row[1:3] == ("streaming", "sync"))
            assert count == 2, f"2 synchronous members beside the leader, not {rows}"
            return rows
        health = as_json(self.client("get", f"{UI}/api/v1/health-check"))
        assert not health["dead_nodes"] and not health["under_replicated_tablets"], f"{health}"
        tablets = self.tablets()
        short = [item["tablet_id"] for item in tablets if len({r["server_uuid"] for r in item["replicas"]}) != 3]
        assert not short, f"{len(short)} of {len(tablets)} tablets have not three replicas: {short[:5]}"
        return f"{len(tablets)} tablets with three replicas each"


@pytest.fixture(scope="session")
def data_client(default):
    """A pod that speaks to database and cache from inside the cluster."""
    client = PodClient(default)
    yield client
    delete_now(default, client.name)


@given("the database is deployed", target_fixture="db")
def database_deployed(database, default, platform_secrets, data_client):
    values = platform_secrets.values
    login = Login.of(values["database-credentials"]["DATABASE_URL"])
    admin = Login("yugabyte", values["database-admin"]["SUPERUSER_PASSWORD"], login.database)
    db = Database(default, login, admin, data_client)
    eventually(db.all_there, within=MEMBER_BACK, what="three members of the database", hint=HINT)
    yield db
    db.drop_tables()


@then(parsers.parse("{count:d} nodes answer over SQL"), target_fixture="versions")
def nodes_answer(db, count, evidence):
    versions = {name: db.version(name) for name in db.names()}
    evidence.add("what each node says that it is", versions)
    assert len(versions) == count, f"expected {count} nodes, saw {sorted(versions)}. Try: {HINT}"
    return versions


@then(parsers.parse("each of them is YugabyteDB {floor} or newer"))
def nodes_are_yugabytedb(versions, floor, environment):
    for name, version in versions.items():
        found = re.search(r"-YB-(\d+)\.(\d+)", version)
        if not found and "YugabyteDB" in environment.stand_ins:
            raise Unverifiable(f"{name} runs {version.partition(' (')[0]}, not YugabyteDB")
        assert found, f"expected YugabyteDB on {name}, saw {version}"
        wanted = tuple(int(part) for part in floor.split("."))
        assert (int(found[1]), int(found[2])) >= wanted, f"expected {floor} or newer on {name}, saw {version}"


@given("a table with a row in it", target_fixture="table")
def table_with_row(db):
    table = db.create("id bigint primary key, content text")
    db.ask(db.leader(), f"insert into {SCHEMA}.{table} values (1, 'before')")
    return table


@then(f"every node has a persistent volume at {DISK}")
def nodes_have_volumes(db, evidence):
    volumes = {pod.metadata.name: volume_at(db.namespace, pod, DISK) for pod in db.members()}
    evidence.add("volumes", volumes)
    assert len(set(volumes.values())) == 3, f"expected a volume for each of three nodes, saw {volumes}"


@then("every node keeps that table's data there")
def data_lies_on_volume(db, table, evidence):
    seen = {}
    if db.is_yugabytedb:
        paths = {name: f"{DISK}/yb-data/tserver/data/rocksdb" for name in db.names()}
    else:
        leader = db.leader()
        db.ask(leader, "checkpoint", login=db.admin)
        relation = db.ask(leader, "select pg_relation_filepath(%s)", f"{SCHEMA}.{table}")[0][0]
        paths = {name: f"{db.ask(name, 'show data_directory', login=db.admin)[0][0]}/{relation}" for name in db.names()}
    for name, path in paths.items():

        def there(name=name, path=path):
            # A follower writes its file when it has replayed the row, and shows its size at its next checkpoint.
            return db.namespace.execute(name, "sh", "-ec", f"readlink -e {path}; df --output=target {path} | tail -n 1")

        real, mount = eventually(there, within=REPLICATED, what=f"{path} on {name}", hint=HINT).split()
        seen[name] = f"{real} on {mount}"
        assert mount == DISK, f"expected {path} of {name} on {DISK}, it is on {mount}"
    evidence.add("the table's data", seen)


@then(parsers.parse("a pod queries the database at {service}:{port:d}"))
def pod_queries(db, service, port, platform_secrets):
    url = urlsplit(platform_secrets.values["database-credentials"]["DATABASE_URL"])
    assert (url.hostname, url.port) == (service, port), f"DATABASE_URL names {url.hostname}:{url.port}"
    seen = db.namespace.cluster.core.read_namespaced_service(service, db.namespace.name).spec
    assert port in [item.port for item in seen.ports], f"Service {service} has the ports {seen.ports}"
    assert seen.type == "ClusterIP", f"Service {service} is of type {seen.type}: not only inside the cluster"
    rows = as_json(db.client("sql-query", "env:DATABASE_URL", "select 6 * 7"))
    assert rows == [[42]], f"expected [[42]] from {service}:{port}, saw {rows}"


@then(parsers.parse("a pod reads the admin UI at {service}:{port:d}"))
def pod_reads_ui(db, service, port, environment, evidence):
    try:
        seen = db.namespace.cluster.core.read_namespaced_service(service, db.namespace.name).spec
    except ApiException as error:
        if error.status == 404 and not db.is_yugabytedb and "YugabyteDB" in environment.stand_ins:
            stand_in = environment.stand_ins["YugabyteDB"]
            raise Unverifiable(f"{stand_in} has no admin UI, so there is no {service} (SQL was judged)") from None
        raise AssertionError(f"expected a Service {service}, the API says {error.reason}") from error
    assert seen.type == "ClusterIP", f"Service {service} is of type {seen.type}: not only inside the cluster"
    page = db.client("get", f"http://{service}:{port}/")
    evidence.add("admin UI", page[:2000])
    assert "YugabyteDB" in page, f"expected YugabyteDB's page, saw {page[:200]!r}"


@when(parsers.parse("the node that {role} is deleted, and a row is written meanwhile"), target_fixture="deleted")
def delete_node(db, table, role, evidence):
    leader = db.leader_of(table)
    name = leader if role == "leads" else next(name for name in db.names() if name != leader)
    before = db.namespace.pod(name)
    db.namespace.cluster.core.delete_namespaced_pod(name, db.namespace.name)
    began = time.monotonic()
    # An insert that was cut off may have been done all the same.
    statement = f"insert into {SCHEMA}.{table} values (2, 'meanwhile') on conflict do nothing"

    def written():
        db.client("sql-query", "env:DATABASE_URL", statement)
        return True

    eventually(written, within=DATABASE_SERVES, what=f"a row written while {name} is gone", hint=HINT)
    evidence.add("deleted", f"{name}, which {role}; a row was written after {time.monotonic() - began:.1f} s")
    return before


@then("it comes back and has both rows")
def node_is_back(db, table, deleted):
    name = deleted.metadata.name
    eventually(
        lambda: ready_again(db.namespace, name, deleted), within=MEMBER_BACK, what=f"{name} Ready again", hint=HINT
    )
    eventually(db.all_there, within=MEMBER_BACK, what=f"{name} among the three members", hint=HINT)

    def has_both():
        rows = db.ask(name, f"select id, content from {SCHEMA}.{table} order by id")
        assert rows == [(1, "before"), (2, "meanwhile")], f"{name} has {rows}"
        return True

    eventually(has_both, within=REPLICATED, what=f"both rows on {name}", hint=HINT)


@then("every row has three replicas")
def three_replicas(db, table, evidence):
    seen = eventually(db.fully_replicated, within=REPLICATED, what="three replicas of everything", hint=HINT)
    evidence.add("replication", seen)
    expected = db.ask(db.leader(), f"select * from {SCHEMA}.{table} order by id")
    for name in db.names():

        def same(name=name):
            rows = db.ask(name, f"select * from {SCHEMA}.{table} order by id")
            assert rows == expected, f"{name} has {rows}"
            return True

        eventually(same, within=REPLICATED, what=f"{len(expected)} rows on {name}", hint=HINT)


@then("a commit is acknowledged only once all nodes have it")
def commits_are_synchronous(db, table, evidence):
    if db.is_yugabytedb:
        evidence.add("replication", db.fully_replicated())
        return
    # One connection, so that nothing comes between the commit and the look at who had it.
    with db.connected(db.leader(), db.admin) as connection:
        with connection.transaction():
            connection.execute(f"insert into {SCHEMA}.{table} (id) values (1000)")
            position = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone()[0]
        rows = connection.execute(
            "select application_name, sync_state, flush_lsn >= %s::pg_lsn from pg_stat_replication", (position,)
        ).fetchall()
    evidence.add("who had a commit when it was acknowledged", rows)
    behind = [row for row in rows if row[1] != "sync" or not row[2]]
    assert len(rows) == 2 and not behind, f"expected two others with the commit on disk, saw {rows}. Try: {HINT}"


@then("a client with the credentials of DATABASE_URL creates, writes, reads and drops a table")
def credentials_accepted(db, evidence):
    name = sql.Identifier(SCHEMA, f"scenario_{secrets.token_hex(4)}")
    with db.connected(db.leader()) as connection:
        who = connection.execute("select current_user, current_database()").fetchone()
        connection.execute(sql.SQL("create table {} (id int)").format(name))
        connection.execute(sql.SQL("insert into {} values (42)").format(name))
        rows = connection.execute(sql.SQL("select id from {}").format(name)).fetchall()
        connection.execute(sql.SQL("drop table {}").format(name))
        protocol = connection.info.server_version
    evidence.add("connected as", f"{who}, server {protocol}")
    assert who == (db.login.user, db.login.database), f"expected {db.login.user} in {db.login.database}, saw {who}"
    assert rows == [(42,)], f"expected the row that was written, saw {rows}"


@then("a pod that has DATABASE_URL from the Secret queries with it")
def pod_uses_database_url(db):
    rows = as_json(db.client("sql-query", "env:DATABASE_URL", "select current_user::text"))
    assert rows == [[db.login.user]], f"expected {db.login.user}, saw {rows}"


@then("every node answers a client with the right credentials")
def right_credentials(db):
    for name in db.names():
        rows = db.ask(name, "select 1")
        assert rows == [(1,)], f"expected an answer from {name}, saw {rows}"


@then(parsers.parse("every node turns away a client with {kind}"))
def wrong_credentials(db, kind, evidence):
    login = {
        "a wrong password": db.login.with_password(secrets.token_urlsafe(16)),
        "an empty password": db.login.with_password(""),
        "an unknown name": Login("nobody", db.login.password, db.login.database),
    }[kind]
    seen = {}
    for name in db.names():
        try:
            with db.connected(name, login):
                seen[name] = "let in"
        except Refused as refusal:
            seen[name] = str(refusal)
    evidence.add(f"answers to {kind}", seen)
    let_in = [name for name, answer in seen.items() if answer == "let in"]
    assert len(seen) == 3 and not let_in, f"expected three refusals of {kind}, saw {seen}"


ACCOUNTS = 4
MONEY = 1000
CLIENTS = 4
TRANSFERS = 12
RETRIES = 200


@dataclass
class Transfers:
    """What the clients did: transfers that were acknowledged, and the sums that an observer saw meanwhile."""

    done: list[tuple[str, int, int, int]] = field(default_factory=list)
    broken_off: int = 0
    conflicts: int = 0
    sums: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class BreakOff(Exception):
    """A client that goes away in the middle of a transaction."""


@given("accounts with money on them", target_fixture="table")
def accounts(db):
    table = db.create("id bigint primary key, balance bigint not null default 0")
    db.ask(db.leader(), f"insert into {SCHEMA}.{table} select n, {MONEY} from generate_series(1, {ACCOUNTS}) n")
    return table


@when("clients transfer money at the same time, and some of them break off half-way", target_fixture="transfers")
def transfer(db, table, evidence):
    ledger = db.create("id text primary key, source bigint, target bigint, amount bigint")
    seen, ended = Transfers(), threading.Event()
    with port_forward(db.namespace.cluster, db.namespace.name, f"pod/{db.leader()}", PORT) as address:
        clients = [
            threading.Thread(target=guarded, args=(seen, transfer_all, address, db.login, table, ledger, seen, number))
            for number in range(CLIENTS)
        ]
        observer = threading.Thread(target=guarded, args=(seen, observe, address, db.login, table, seen, ended))
        for thread in (observer, *clients):
            thread.start()
        for thread in clients:
            thread.join()
        ended.set()
        observer.join()
    evidence.add("transfers", {
        "acknowledged": len(seen.done), "broken off": seen.broken_off, "conflicts tried again": seen.conflicts,
        "sums seen meanwhile": sorted(set(seen.sums)), "looks": len(seen.sums), "errors": seen.errors,
    })  # fmt: skip
    if seen.errors or not seen.done or not seen.broken_off or len(seen.sums) < 5:
        raise RuntimeError(f"the clients did not do what they were to do: {seen.errors or 'see the evidence'}")
    return seen, ledger


def guarded(seen, work, *arguments):
    """Run a thread's work; what goes wrong is kept."""
    try:
        work(*arguments)
    except Exception as error:
        seen.errors.append(f"{type(error).__name__}: {error}")


def transfer_all(address, login, table, ledger, seen, number):
    """One client: reads two balances, computes, and writes both, serializably, as a careless service would."""
    chance = random.Random(number)
    with connect(address, login, autocommit=False) as connection:
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        for index, _ in itertools.product(range(TRANSFERS), range(RETRIES)):
            key = f"{number}-{index}"
            if any(done[0] == key for done in seen.done):
                continue
            source, target = chance.sample(range(1, ACCOUNTS + 1), 2)
            amount = chance.randint(1, 50)
            try:
                with connection.transaction():
                    read = f"select balance from {SCHEMA}.{table} where id = %s"
                    rich, poor = (connection.execute(read, (who,)).fetchone()[0] for who in (source, target))
                    write = f"update {SCHEMA}.{table} set balance = %s where id = %s"
                    connection.execute(write, (rich - amount, source))
                    if index % 4 == 3 and chance.random() < 0.5:
                        raise BreakOff
                    connection.execute(write, (poor + amount, target))
                    connection.execute(
                        f"insert into {SCHEMA}.{ledger} values (%s, %s, %s, %s)", (key, source, target, amount)
                    )
                seen.done.append((key, source, target, amount))
            except BreakOff:
                seen.broken_off += 1
            except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
                seen.conflicts += 1


def observe(address, login, table, seen, ended):
    """Look at the sum of all balances until the clients are done."""
    with connect(address, login) as connection:
        while not ended.wait(0.05):
            seen.sums.append(int(connection.execute(f"select sum(balance) from {SCHEMA}.{table}").fetchone()[0]))


@then("no money was made or lost, at no moment")
def money_conserved(db, table, transfers):
    seen, ledger = transfers
    total = ACCOUNTS * MONEY
    assert set(seen.sums) == {total}, f"expected {total} at every moment, saw {sorted(set(seen.sums))}"
    assert len(seen.done) == CLIENTS * TRANSFERS, f"{len(seen.done)} of {CLIENTS * TRANSFERS} transfers came through"
    expected = dict.fromkeys(range(1, ACCOUNTS + 1), MONEY)
    for _, source, target, amount in seen.done:
        expected[source] -= amount
        expected[target] += amount
    balances = dict(db.ask(db.leader(), f"select id, balance from {SCHEMA}.{table} order by id"))
    assert balances == expected, f"expected the balances {expected}, saw {balances}"
    rows = set(db.ask(db.leader(), f"select * from {SCHEMA}.{ledger}"))
    assert rows == set(seen.done), f"{len(rows)} transfers are written down, {len(seen.done)} were acknowledged"


@then("every node has every transfer")
def transfers_everywhere(db, table, transfers):
    seen, ledger = transfers
    for name in db.names():

        def has_all(name=name):
            rows = db.ask(name, f"select * from {SCHEMA}.{ledger}")
            assert set(rows) == set(seen.done), f"{name} has {len(rows)} of {len(seen.done)} transfers"
            total = db.ask(name, f"select sum(balance) from {SCHEMA}.{table}")[0][0]
            assert total == ACCOUNTS * MONEY, f"the sum on {name} is {total}"
            return True

        eventually(has_all, within=REPLICATED, what=f"every transfer on {name}", hint=HINT)


@dataclass
class Writer:
    """A pod that inserts one id after another and says of each whether it was acknowledged."""

    namespace: Namespace
    table: str
    name: str = field(default_factory=lambda: f"writer-{secrets.token_hex(3)}")

    def start(self):
        """Begin to write."""
        self.namespace.run_pod(
            self.name, "sql-write", "env:DATABASE_URL", f"{SCHEMA}.{self.table}", str(WRITES),
            container={"env": credentials()}, restartPolicy="Never",
        )  # fmt: skip

    def lines(self):
        """What it has said so far."""
        text = self.namespace.cluster.core.read_namespaced_pod_log(self.name, self.namespace.name)
        # The last line may be half there.
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("}\n")]

    def acknowledged(self):
        """The ids that were acknowledged, each with its time (Unix)."""
        return [(line["at"], line["id"]) for line in self.lines() if "error" not in line]

    def stop(self):
        """End the writing, and wait for the last line."""
        self.namespace.execute(self.name, "/probe", "stop")

        def ended():
            phase = self.namespace.pod(self.name).status.phase
            assert phase == "Succeeded", f"pod {self.name} is {phase}"
            return True

        eventually(ended, within=POD_READY, what="the writer to end")


@dataclass
class Outage:
    """One member killed under load: who, when, and the longest gap between two acknowledged writes around it."""

    name: str
    holding: contextlib.ExitStack
    gap: float = 0.0
    acknowledged: tuple = ()
    leader_meanwhile: str = ""


@given("a pod writes to the database all the time", target_fixture="writing")
def write_load(db):
    writing = Writer(db.namespace, db.create("id bigint primary key"))
    writing.start()
    try:
        wait_for_writes(writing, since=0.0, what="before a node was killed")
        yield writing
    finally:
        delete_now(db.namespace, writing.name)


def wait_for_writes(writing, *, since, what):
    """Wait for acknowledged writes after a moment. Without any nothing was judged: that is an error, no failure."""

    def enough():
        found = [moment for moment, _ in writing.acknowledged() if moment > since]
        assert len(found) >= ENOUGH, f"{len(found)} writes acknowledged; the last line: {writing.lines()[-1:]}"
        return True

    try:
        eventually(enough, within=DATABASE_SERVES, what=f"writes acknowledged {what}", hint=HINT)
    except AssertionError as error:
        if not [moment for moment, _ in writing.acknowledged() if moment > since]:
            raise RuntimeError(f"no write was acknowledged {what}, so nothing can be judged: {error}") from error
        raise


@when("the leading node is killed without grace and stays away", target_fixture="outage")
def kill_leader(db, writing, evidence):
    name = db.leader_of(writing.table)
    pod = db.namespace.pod(name)
    others = [other.status.pod_ip for other in db.members() if other.metadata.name != name]
    with contextlib.ExitStack() as holding:
        holding.enter_context(dead(db.namespace, pod, cut_off_from=others))
        gone = time.time()
        wait_for_writes(writing, since=gone, what=f"after {name} was killed")
        found = Outage(name, holding)
        found.leader_meanwhile = eventually(db.leader, within=DATABASE_SERVES, what="one leader", hint=HINT)
        assert found.leader_meanwhile != name, f"{name} is dead, but leads"
        writing.stop()
        found.acknowledged = tuple(writing.acknowledged())
        # The writer's clock may differ from ours: the longest pause is the outage, whichever second it began in.
        moments = [moment for moment, _ in found.acknowledged]
        found.gap = max(later - earlier for earlier, later in itertools.pairwise(moments))
        refusals = [line["error"] for line in writing.lines() if "error" in line]
        evidence.add("outage", {
            "killed": name, "took over": found.leader_meanwhile, "gap in seconds": round(found.gap, 2),
            "acknowledged": len(moments), "of them after": sum(moment > gone for moment in moments),
            "refused": len(refusals), "refusals": sorted(set(refusals))[:10],
        })  # fmt: skip
        yield found


@then("the other two serve all that was acknowledged")
def others_serve(db, writing, outage, evidence):
    ready = db.names()
    assert outage.name not in ready and len(ready) == 2, f"expected two others than {outage.name} Ready, saw {ready}"
    serve_all(db, writing.table, outage, evidence)


@when("the node is let back")
def let_back(outage):
    outage.holding.close()


@then("all three nodes have all that was acknowledged")
def rejoined(db, writing, outage, evidence):
    began = time.monotonic()
    eventually(db.all_there, within=MEMBER_BACK, what=f"{outage.name} among the three members again", hint=HINT)
    evidence.add("rejoined", f"{outage.name} after {time.monotonic() - began:.1f} s")
    serve_all(db, writing.table, outage, evidence)


def serve_all(db, table, outage, evidence):
    """Wait until every member that is Ready has every acknowledged write."""
    wanted = {number for _, number in outage.acknowledged}
    for member in db.names():
        eventually(
            lambda member=member: has_all(db, member, table, wanted, evidence),
            within=REPLICATED, what=f"every acknowledged write on {member}", hint=HINT,
        )  # fmt: skip


def has_all(db, member, table, wanted, evidence):
    """Raise AssertionError naming acknowledged writes that a member does not have."""
    there = {row[0] for row in db.ask(member, f"select id from {SCHEMA}.{table}")}
    lost = sorted(wanted - there)
    assert not lost, f"{len(lost)} of {len(wanted)} acknowledged writes are missing on {member}: {lost[:10]}"
    evidence.add(f"acknowledged writes on {member}", f"{len(wanted)}, none lost; {len(there - wanted)} more are there")
    return True


@then(parsers.parse("service was back within {seconds:d} seconds"))
def back_in_time(db, outage, seconds):
    if db.is_yugabytedb:
        assert outage.gap <= seconds, f"expected service back within {seconds} s, the gap was {outage.gap:.1f} s"
        return
    assert outage.gap <= RTO_OF_STAND_IN, f"expected service back within a minute, the gap was {outage.gap:.1f} s"
    raise Unverifiable(
        f"{seconds} s are YugabyteDB's; on PostgreSQL under Patroni the gap was {outage.gap:.1f} s, and of "
        f"{len(outage.acknowledged)} acknowledged writes none was lost"
    )
