"""The database's storage: where it is, how many copies there are, and what a power failure would lose."""

import functools

from pytest_bdd import then

from acceptance.base.deadlines import REPLICATED
from acceptance.base.waiting import eventually
from acceptance.drivers.data import durability, relation_files
from acceptance.drivers.data.durability import DISK
from acceptance.drivers.data.member_loss import HINT
from acceptance.drivers.data.next_start import elsewhere, files
from acceptance.drivers.data.weak_code import weak_code
from acceptance.drivers.workloads.pods import mount_of, volume_at


@then("every node has a persistent volume at /mnt/disk0")
def nodes_have_volumes(db, evidence):
    volumes = {pod.metadata.name: volume_at(db.namespace, pod, DISK) for pod in db.members()}
    evidence.add("volumes", volumes)
    assert len(set(volumes.values())) == len(volumes) > 0, (
        f"expected a volume of its own for each database node, saw {volumes}"
    )


@then("every node stores that table's data there, and also its log and tablespaces")
def data_lies_on_volume(db, table, evidence):
    for name in db.names():
        seen = {what: where(db, name, path) for what, path in durability.files_of(db, name, table).items()}
        evidence.add(f"files of {name}", seen)
        elsewhere = {what: found for what, found in seen.items() if found[1] != DISK}
        assert seen and not elsewhere, (
            f"expected all files of {name} on its volume at {DISK}, saw elsewhere: {elsewhere or 'no files at all'}"
        )


@then("the settings for its next start keep them there")
def data_stays_on_volume(cluster):
    found = {name: folder for name, settings in files(cluster).items() if (folder := elsewhere(settings))}
    assert not found, f"expected a data_dir below {DISK} in Patroni's file, saw {found}. Try: kubectl get cm -o yaml"


def where(db, name, path):
    """The real path and mount point of a member's file; a follower writes it once it has replayed the row."""
    return eventually(
        lambda: mount_of(db.namespace, name, path), within=REPLICATED, what=f"the file {path} on {name}", hint=HINT
    )


@then("every row has three replicas")
def three_replicas(db, evidence):
    seen = eventually(db.fully_replicated, within=REPLICATED, what="three replicas of all data", hint=HINT)
    evidence.add("replication", seen)
    machines = {str(pod.spec.node_name) for pod in db.members()}
    assert len(machines) > 1, f"expected the replicas on two machines or more, saw all on {machines}"


@then("every table of every database is replicated to all nodes")
def tables_are_replicated(db, evidence):
    evidence.add("relations by database", {name: len(rows) for name, rows in durability.relations(db).items()})
    found = durability.unlogged(db)
    assert not found, (
        f"expected every relation to be replicated through the log, but these are unlogged: {', '.join(found)}"
    )


@then("all nodes hold the same rows in every table of the services")
def same_rows(db, evidence):
    if db.is_yugabytedb:
        # Every node serves every row there; the tablets show which nodes hold it.
        evidence.add("replication", db.fully_replicated())
        return
    what = "the same rows of every table on all nodes"
    seen = eventually(lambda: durability.same_everywhere(db), within=REPLICATED, what=what, hint=HINT)
    evidence.add("rows and digest by table", seen)


@then("every table and index has its file on each node")
def files_are_everywhere(db, evidence):
    if not db.is_yugabytedb:
        look = functools.partial(relation_files.files_everywhere, db)
        what = "a file of each table and index on each node"
        evidence.add("tables and indexes with a file", eventually(look, within=REPLICATED, what=what, hint=HINT))


@then("it still would be once the nodes read their configuration files again")
def commits_will_reach_disks(db):
    found = durability.weak_files(db)
    hint = "Try: select * from pg_file_settings"
    assert not found, f"expected each commit to survive a power failure after a reload, but {'; '.join(found)}. {hint}"


@then("every acknowledged commit is on disk, whichever client made it")
def commits_reach_disks(db, table, auth_service, backend_service, evidence):
    if not db.is_yugabytedb:
        evidence.add("syncs of the leader's log", durability.syncs_of(db, table))
        found = durability.weak_settings(db) + durability.weak_sessions(db) + weak_code(db)
        assert not found, f"expected each commit to survive a power failure, but {'; '.join(found)}"
