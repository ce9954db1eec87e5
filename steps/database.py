"""The database: its members, its Service, and what happens when a member is deleted."""

import functools
import re

from pytest_bdd import given, parsers, then, when

from acceptance.base.conditions import is_rolled_out
from acceptance.base.deadlines import MEMBER_BACK, REPLICATED
from acceptance.base.waiting import eventually
from acceptance.clients.sql import Login
from acceptance.cluster.workloads import workloads
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.data.database import SERVICE, Database
from acceptance.drivers.data.member_deletion import Deletion
from acceptance.drivers.data.member_loss import HINT
from acceptance.drivers.data.member_return import barred_files, changed_by_return, too_few_connections
from acceptance.drivers.ingress.exposure import ways_in
from acceptance.drivers.services import service_ports

FRESH = 20
"""New connections, for each of which a Service chooses a member."""


@given("the database is deployed", target_fixture="db")
def database_deployed(database, default, platform_secrets, data_client):
    values = platform_secrets.values
    login = Login.of(values["database-credentials"]["DATABASE_URL"])
    admin = Login("yugabyte", values["database-admin"]["SUPERUSER_PASSWORD"], login.database)
    db = Database(default, login, admin, data_client)
    eventually(db.all_members_ready, within=MEMBER_BACK, what="all members of the database to be ready", hint=HINT)
    yield db
    db.close()


@then(parsers.parse("{count:d} nodes answer SQL queries"), target_fixture="versions")
def nodes_answer(db, count, evidence):
    versions = {name: db.version(name) for name in db.names()}
    evidence.add("what each node says that it is", versions)
    assert len(versions) == count, f"expected {count} database nodes to answer, saw {sorted(versions)}. Try: {HINT}"
    return versions


@then(parsers.parse("each of them runs YugabyteDB {floor} or newer"))
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
    db.ask(SERVICE, f"insert into {table} values (1, 'before')")
    return table


@then(parsers.parse("a pod queries the database at {service}:{port:d} and always reaches a member that takes writes"))
def pod_queries(db, service, port, evidence):
    service_ports.check(db.namespace, service, port)
    seen = service_ports.named_in(db.client, "DATABASE_URL")
    assert seen == (service, port), f"expected {service}:{port} in DATABASE_URL, saw {seen}"
    answers = [db.ask(service, "select host(inet_server_addr()), inet_server_port()")[0] for _ in range(FRESH)]
    evidence.add(f"who answered {FRESH} connections to {service}:{port}", [list(answer) for answer in answers])
    others = {address for address, _ in answers} - db.writers()
    assert not others, f"expected {service} to route only to members that accept writes, but {others} also answered"


@then("its members are not exposed outside the cluster")
def database_inside_only(db):
    found = ways_in(db.namespace.cluster, db.members())
    assert not found, f"expected the database to be reachable only inside the cluster, but {'; '.join(found)}"


@then(parsers.parse("a pod opens the admin UI at {service}:{port:d}"))
def pod_reads_ui(db, service, port, environment, evidence):
    stand_in = environment.stand_ins.get("YugabyteDB")
    if stand_in and not db.is_yugabytedb and not service_ports.exists(db.namespace, service):
        raise Unverifiable(f"{stand_in} has no admin UI, so there is no {service} (SQL was judged)")
    service_ports.check(db.namespace, service, port)
    page = db.client("get", f"http://{service}:{port}/")
    evidence.add("admin UI", page[:2000])
    assert "YugabyteDB" in page, f"expected YugabyteDB's admin page at {service}:{port}, saw {page[:200]!r}"


@when(parsers.parse("the node that {role} is deleted and a row is written meanwhile"), target_fixture="deletion")
def delete_node(db, table, role, evidence):
    deletion = Deletion(db, table, leads=role == "leads")
    deletion.run()
    evidence.add("deleted", f"{deletion.name}, which {role}; a row was written after {deletion.seconds:.1f} s")
    return deletion


@then("it comes back and has both rows")
def node_is_back(deletion):
    deletion.wait_until_back()
    deletion.wait_for_rows([(1, "before"), (2, "meanwhile")])


@then("it requires a password and stores its data on its volume, as before")
def node_is_as_before(db, table, deletion):
    found = changed_by_return(db, deletion.name, table) + deletion.made_anew()
    hint = "Try: kubectl get configmap patroni -o yaml, which is read when a member starts"
    assert not found, (
        f"expected {deletion.name} to run with the same settings as before, but {'; '.join(found)}. {hint}"
    )


@then("every node could start again, or be copied anew")
def nodes_could_return(db):
    barred = [f"{name} may not use {path}" for name, path in barred_files(db).items()]
    found = barred + too_few_connections(db)
    hint = "Try: kubectl exec yb-tserver-0 -- ls -lR /mnt/disk0; select rolname, rolconnlimit from pg_roles"
    assert not found, f"expected every member to be able to restart or to be rebuilt, but {'; '.join(found)}. {hint}"


@then("all nodes hold the same rows of that table")
def nodes_hold_the_same(db, table):
    expected = db.ask(db.leader(), f"select * from {table} order by id")
    assert expected, f"expected rows in {table} on the leader, saw none"
    for name in db.names():
        what = f"{len(expected)} rows on {name}"
        eventually(functools.partial(db.holds, name, table, expected), within=REPLICATED, what=what, hint=HINT)


@given("the platform's ready Deployments and StatefulSets", target_fixture="ready_before")
def ready_before(default):
    return ready_workloads(default)


@then("all of those workloads are ready again")
def workloads_ready_again(default, ready_before):
    def ready():
        missing = ready_before - ready_workloads(default)
        assert not missing, f"these workloads are not ready: {', '.join(sorted(missing))}"
        return True

    what = "every Deployment and StatefulSet that was ready before to be ready again"
    eventually(ready, within=MEMBER_BACK, what=what, hint="kubectl get pods")


def ready_workloads(namespace):
    """The names of the workloads whose pods are all there and Ready."""
    return {item.metadata.name for item in workloads(namespace.cluster, namespace.name) if is_rolled_out(item)}
