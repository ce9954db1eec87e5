"""The database: its members, what they hold, and what becomes of it when one of them is lost."""

import re
import secrets
import time
from urllib.parse import urlsplit

from kubernetes.client import ApiException
from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import as_json, is_rolled_out
from acceptance.base.waiting import DATABASE_SERVES, GONE, MEMBER_BACK, REPLICATED, eventually
from acceptance.clients.sql import Login, Refused
from acceptance.cluster.workloads import workloads
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.database import SCHEMA, Database
from acceptance.drivers.pods import is_replaced, ready_again, volume_at

DISK = "/mnt/disk0"

HINT = "kubectl get pods -l app=yb-tserver -L role; kubectl logs yb-tserver-0"


@given("the database is deployed", target_fixture="db")
def database_deployed(database, default, platform_secrets, data_client):
    values = platform_secrets.values
    login = Login.of(values["database-credentials"]["DATABASE_URL"])
    admin = Login("yugabyte", values["database-admin"]["SUPERUSER_PASSWORD"], login.database)
    db = Database(default, login, admin, data_client)
    eventually(db.all_members_ready, within=MEMBER_BACK, what="all members of the database", hint=HINT)
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
    eventually(db.all_members_ready, within=MEMBER_BACK, what=f"{name} among all members", hint=HINT)

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


def ready_workloads(namespace):
    """The names of those that have all their pods, and all of them Ready."""
    return {item.metadata.name for item in workloads(namespace.cluster, namespace.name) if is_rolled_out(item)}
