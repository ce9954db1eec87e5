"""The database: its members, what they hold, and what becomes of it when one of them is lost."""

import contextlib
import re
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from kubernetes.client import ApiException
from pytest_bdd import given, parsers, then, when

from fixtures.clients.sql import Login, Refused
from fixtures.cluster import as_json
from fixtures.components import is_rolled_out, workloads
from fixtures.database import SCHEMA, Database, Writer, longest_gap
from fixtures.platform import own_namespace
from fixtures.pods import PodClient, copy_credentials, dead, is_replaced, ready_again, volume_at
from fixtures.transfers import ACCOUNTS, CLIENTS, MONEY, TRANSFERS, Transfers
from fixtures.verdicts import Unverifiable
from fixtures.waiting import DATABASE_SERVES, GONE, MEMBER_BACK, REPLICATED, eventually

DISK = "/mnt/disk0"
RTO_OF_STAND_IN = 60
ENOUGH = 20
HINT = "kubectl get pods -l app=yb-tserver -L role; kubectl logs yb-tserver-0"


@pytest.fixture(scope="session")
def data_client(cluster, infrastructure, scenario_namespaces):
    """A pod that speaks to database and cache from inside the cluster."""
    with own_namespace(cluster, infrastructure) as namespace:
        copy_credentials(namespace)
        yield PodClient(namespace)


@given("the database is deployed", target_fixture="db")
def database_deployed(database, default, platform_secrets, data_client):
    values = platform_secrets.values
    login = Login.of(values["database-credentials"]["DATABASE_URL"])
    admin = Login("yugabyte", values["database-admin"]["SUPERUSER_PASSWORD"], login.database)
    db = Database(default, login, admin, data_client)
    eventually(db.all_there, within=MEMBER_BACK, what="all members of the database", hint=HINT)
    yield db
    db.close()


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
    db.ask(db.leader(), f"insert into {table} values (1, 'before')")
    return table


@then(f"every node has a persistent volume at {DISK}")
def nodes_have_volumes(db, evidence):
    volumes = {pod.metadata.name: volume_at(db.namespace, pod, DISK) for pod in db.members()}
    evidence.add("volumes", volumes)
    assert len(set(volumes.values())) == len(volumes), f"expected a volume for each node, saw {volumes}"


@then("every node keeps that table's data there")
def data_lies_on_volume(db, table, evidence):
    seen = {}
    if db.is_yugabytedb:
        paths = dict.fromkeys(db.names(), f"{DISK}/yb-data/tserver/data/rocksdb")
    else:
        leader = db.leader()
        db.ask(leader, "checkpoint", login=db.admin)
        relation = db.ask(leader, "select pg_relation_filepath(%s)", table)[0][0]
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
    eventually(lambda: is_replaced(db.namespace, name, before), within=GONE, what=f"{name} gone", hint=HINT)
    began = time.monotonic()
    # An insert that was cut off may have been done all the same.
    statement = f"insert into {table} values (2, 'meanwhile') on conflict do nothing"

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
    eventually(db.all_there, within=MEMBER_BACK, what=f"{name} among all members", hint=HINT)

    def has_both():
        rows = db.ask(name, f"select id, content from {table} order by id")
        assert rows == [(1, "before"), (2, "meanwhile")], f"{name} has {rows}"
        return True

    eventually(has_both, within=REPLICATED, what=f"both rows on {name}", hint=HINT)


@then("every row has three replicas")
def three_replicas(db, table, evidence):
    seen = eventually(db.fully_replicated, within=REPLICATED, what="three replicas of everything", hint=HINT)
    evidence.add("replication", seen)
    nodes_hold_the_same(db, table)


@then("all nodes hold the same")
def nodes_hold_the_same(db, table):
    expected = db.ask(db.leader(), f"select * from {table} order by id")
    for name in db.names():

        def same(name=name):
            rows = db.ask(name, f"select * from {table} order by id")
            assert rows == expected, f"{name} has {rows}"
            return True

        eventually(same, within=REPLICATED, what=f"{len(expected)} rows on {name}", hint=HINT)


@then("a commit is acknowledged only once all nodes have it")
def commits_are_synchronous(db, table, evidence):
    if db.is_yugabytedb:
        evidence.add("replication", db.fully_replicated())
        return
    # One connection, so that nothing comes between the commit and the look at who had it.
    with db.connect(db.leader(), db.admin) as connection:
        with connection.transaction():
            connection.execute(f"insert into {table} (id) values (1000)")
            position = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone()[0]
        rows = connection.execute(
            "select application_name, sync_state, flush_lsn >= %s::pg_lsn from pg_stat_replication", (position,)
        ).fetchall()
    with db.connect(db.leader()) as connection:
        waits = connection.execute("show synchronous_commit").fetchone()[0]
    evidence.add("who had a commit when it was acknowledged", rows)
    assert waits in ("on", "remote_apply"), f"expected a commit to wait for the others' disks, it waits for {waits}"
    behind = [row for row in rows if row[1] != "sync" or not row[2]]
    assert len(rows) == 2 and not behind, f"expected two others with the commit on disk, saw {rows}. Try: {HINT}"


@then("a client with the credentials of DATABASE_URL creates, writes, reads and drops a table")
def credentials_accepted(db, evidence):
    name = f"{SCHEMA}.scenario_{secrets.token_hex(4)}"
    with db.connect(db.leader()) as connection:
        who = connection.execute("select current_user, current_database()").fetchone()
        connection.execute(f"create table {name} (id int)")
        connection.execute(f"insert into {name} values (42)")
        rows = connection.execute(f"select id from {name}").fetchall()
        connection.execute(f"drop table {name}")
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
            with db.connect(name, login):
                seen[name] = "let in"
        except Refused as refusal:
            seen[name] = str(refusal)
    evidence.add(f"answers to {kind}", seen)
    let_in = [name for name, answer in seen.items() if answer == "let in"]
    assert seen and not let_in, f"expected every node to refuse {kind}, saw {seen}"


@given("accounts with money on them", target_fixture="table")
def accounts(db):
    table = db.create("id bigint primary key, balance bigint not null default 0")
    db.ask(db.leader(), f"insert into {table} select n, {MONEY} from generate_series(1, {ACCOUNTS}) n")
    return table


@when("clients transfer money at the same time, and some of them break off half-way", target_fixture="transfers")
def transfer(db, table, evidence):
    ledger = db.create("id text primary key, source bigint, target bigint, amount bigint")
    transfers = Transfers(db.address(db.leader()), db.login, table, ledger)
    transfers.run()
    evidence.add("transfers", {
        "acknowledged": len(transfers.done), "broken off": transfers.broken_off,
        "conflicts tried again": transfers.conflicts, "sums seen meanwhile": sorted(set(transfers.sums)),
        "looks at the sum": len(transfers.sums), "errors": transfers.errors,
    })  # fmt: skip
    if transfers.errors or not transfers.broken_off or len(transfers.sums) < 5:
        raise RuntimeError(f"the clients did not do what they were to do: {transfers.errors or 'see the evidence'}")
    return transfers


@then("no money was made or lost, at no moment")
def money_conserved(db, table, transfers):
    total = ACCOUNTS * MONEY
    assert set(transfers.sums) == {total}, f"expected {total} at every moment, saw {sorted(set(transfers.sums))}"
    assert len(transfers.done) == CLIENTS * TRANSFERS, f"{len(transfers.done)} of {CLIENTS * TRANSFERS} came through"
    balances = dict(db.ask(db.leader(), f"select id, balance from {table}"))
    expected = transfers.expected_balances()
    assert balances == expected, f"expected the balances {expected}, saw {balances}"
    rows = set(db.ask(db.leader(), f"select * from {transfers.ledger}"))
    assert rows == set(transfers.done), f"{len(rows)} are written down, {len(transfers.done)} were acknowledged"


@then("every node has every transfer")
def transfers_everywhere(db, table, transfers):
    for name in db.names():

        def has_all_transfers(name=name):
            rows = db.ask(name, f"select * from {transfers.ledger}")
            assert set(rows) == set(transfers.done), f"{name} has {len(rows)} of {len(transfers.done)} transfers"
            balances = dict(db.ask(name, f"select id, balance from {table}"))
            assert balances == transfers.expected_balances(), f"the balances on {name} are {balances}"
            return True

        eventually(has_all_transfers, within=REPLICATED, what=f"every transfer on {name}", hint=HINT)


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
    writing = Writer(db.client.namespace, db.create("id bigint primary key"))
    writing.start()
    try:
        wait_for_writes(writing, since=0.0, what="before a node was killed")
        yield writing
    finally:
        writing.delete()


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
    # Who leads since a moment ago may have nobody yet who could take over: two losses at once are another matter.
    eventually(db.replaceable, within=MEMBER_BACK, what="members that may take over", hint=HINT)
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
        found.gap = longest_gap(moments)
        refusals = [line["error"].splitlines()[-1].strip() for line in writing.lines() if "error" in line]
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
    there = {row[0] for row in db.ask(member, f"select id from {table}")}
    lost = sorted(wanted - there)
    assert not lost, f"{len(lost)} of {len(wanted)} acknowledged writes are missing on {member}: {lost[:10]}"
    evidence.add(f"acknowledged writes on {member}", f"{len(wanted)}, none lost; {len(there - wanted)} more are there")
    return True


@given("the Deployments and StatefulSets of the platform that are ready", target_fixture="ready_before")
def ready_before(default):
    return ready_workloads(default)


@then("each of those is ready again")
def workloads_ready_again(default, ready_before):
    def ready():
        missing = ready_before - ready_workloads(default)
        assert not missing, ", ".join(sorted(missing))
        return True

    what = "each Deployment and StatefulSet that was ready to be so again"
    eventually(ready, within=MEMBER_BACK, what=what, hint="kubectl get pods")


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


def ready_workloads(namespace):
    """The names of those that have all their pods, and all of them Ready."""
    return {item.metadata.name for item in workloads(namespace.cluster, namespace.name) if is_rolled_out(item)}
