"""The database while a member is lost. Source: 6.8."""

from pytest_bdd import given, parsers, then, when

from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.data import database_settings as settings
from acceptance.drivers.data.member_loss import Writer, leader_killed, wait_for_writes

RTO_OF_STAND_IN = 60
"""Maximum seconds until a stand-in serves again."""


@given("a pod continuously writes to the database", target_fixture="writing")
def write_load(db):
    writing = Writer(db.client.namespace, db.create("id bigint primary key"))
    try:
        writing.start()
        wait_for_writes(writing, since=0.0, what="before a node was killed")
        yield writing
    finally:
        writing.delete()


@when("the leading node is killed without a grace period and stays down", target_fixture="outage")
def kill_leader(db, writing, evidence):
    with leader_killed(db, writing) as outage:
        evidence.add("outage", outage.describe())
        yield outage


@then("the other two nodes serve every acknowledged write")
def others_serve(outage, evidence):
    for member in outage.others():
        evidence.add(f"acknowledged writes on {member}", outage.kept_by(member))


@when("the killed node is allowed to rejoin")
def let_back(outage, evidence):
    evidence.add("rejoined", f"{outage.name} after {outage.let_back():.1f} s")


@then("all three nodes have every acknowledged write")
def rejoined(db, outage, evidence):
    members = db.names()
    assert len(members) == 3, f"expected three database nodes, saw {members}"
    for member in members:
        evidence.add(f"acknowledged writes on {member}", outage.kept_by(member))


@then("the nodes run with exactly the settings in Git")
def settings_are_gits(db, platform, evidence):
    wanted = {} if db.is_yugabytedb else settings.in_git(platform.render("database"))
    seen = settings.in_force(db) if wanted else {}
    evidence.add("settings of Patroni", seen or "none in Git: something else runs this database")
    found = settings.differences(db, wanted, seen)
    hint = "Try: kubectl exec yb-tserver-0 -- patronictl -c /etc/patroni/patroni.yaml show-config"
    assert not found, f"expected the settings of k8s/database and no others, but {'; '.join(found)}. {hint}"


@then(parsers.parse("service was back within {seconds:d} seconds"))
def back_in_time(db, outage, seconds):
    limit = seconds if db.is_yugabytedb else RTO_OF_STAND_IN
    gap = f"the gap was {outage.gap:.1f} s"
    assert outage.gap <= limit, f"expected writes to resume within {limit} s of the loss of {outage.name}, but {gap}"
    if not db.is_yugabytedb:
        kept = f"of {len(outage.acknowledged)} acknowledged writes none was lost"
        raise Unverifiable(f"{seconds} s are YugabyteDB's; on PostgreSQL under Patroni {gap}, and {kept}")
