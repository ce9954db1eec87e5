"""The database while a member is lost. Source: 6.4, 6.8."""

import contextlib
import time
from dataclasses import dataclass

from pytest_bdd import given, parsers, then, when

from acceptance.base.waiting import DATABASE_SERVES, MEMBER_BACK, REPLICATED, eventually
from acceptance.criteria.verdicts import Unverifiable
from acceptance.drivers.database import Writer, longest_gap
from acceptance.drivers.pods import dead
from steps.database import HINT

RTO_OF_STAND_IN = 60
ENOUGH = 20


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
    eventually(db.can_fail_over, within=MEMBER_BACK, what="members that may take over", hint=HINT)
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
    eventually(db.all_members_ready, within=MEMBER_BACK, what=f"{outage.name} among the three members again", hint=HINT)
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
