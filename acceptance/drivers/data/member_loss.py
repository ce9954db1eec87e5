"""Writes that continue while a database member is lost, and which of them were kept. Source: 6.8."""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from acceptance.base.deadlines import DATABASE_SERVES, MEMBER_BACK, POD_READY, REPLICATED, Deadline
from acceptance.base.waiting import consistently, eventually
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.data.database import SERVICE, Database
from acceptance.drivers.workloads.killed_pods import dead
from acceptance.drivers.workloads.pods import credentials, delete_now, run_client

HINT = "kubectl get pods -l app=yb-tserver -L role; kubectl logs yb-tserver-0"
ENOUGH = 20
WRITING_SECONDS = 240
LAST_LINES = 15
KEEPS_SERVING = Deadline(5, "criterion 6.8: the other two keep serving")


@dataclass
class Writer:
    """A pod that inserts one id after another and reports whether each was acknowledged."""

    namespace: Namespace
    table: str
    name: str = field(default_factory=lambda: f"writer-{secrets.token_hex(3)}")

    def start(self) -> None:
        """Start writing."""
        run_client(
            self.namespace, self.name, "sql-write", "env:DATABASE_URL", self.table, str(WRITING_SECONDS),
            container={"env": credentials()}, restartPolicy="Never",
        )  # fmt: skip

    def lines(self) -> list[dict[str, Any]]:
        """Its output so far; the last line may be incomplete."""
        text = str(self.namespace.cluster.core.read_namespaced_pod_log(self.name, self.namespace.name))
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("}\n")]

    def acknowledged(self) -> list[tuple[float, int]]:
        """The acknowledged ids, each after its time (Unix time)."""
        return [(line["at"], line["id"]) for line in self.lines() if "error" not in line]

    def stop(self) -> None:
        """Stop writing, and wait for the last line."""
        self.namespace.execute(self.name, "/probe", "stop")

        def ended() -> bool:
            phase = self.namespace.pod(self.name).status.phase
            assert phase == "Succeeded", f"the pod {self.namespace.name}/{self.name} in phase {phase}"
            return True

        eventually(ended, within=POD_READY, what="the writer to end")

    def delete(self) -> None:
        """Remove the pod."""
        delete_now(self.namespace, self.name)


def longest_gap(moments: list[float]) -> float:
    """The longest time between two consecutive moments, in seconds."""
    return max(later - earlier for earlier, later in itertools.pairwise(moments))


def wait_for_writes(writing: Writer, *, since: float, what: str) -> None:
    """Wait for ENOUGH acknowledged writes after a moment (Unix time). Raises TimedOut if there are fewer.

    Raises RuntimeError if there are none before a node was lost, or if none was even refused after it: then nothing
    can be judged.
    """

    def enough() -> bool:
        found = [moment for moment, _ in writing.acknowledged() if moment > since]
        assert len(found) >= ENOUGH, (
            f"{len(found)} of {ENOUGH} writes acknowledged, and {writing.lines()[-1:]} as the writer's last line"
        )
        return True

    try:
        eventually(enough, within=DATABASE_SERVES, what=f"acknowledged writes {what}", hint=HINT)
    except AssertionError as error:
        refused = [line for line in writing.lines() if "error" in line and line["at"] > since > 0]
        if not refused and not [moment for moment, _ in writing.acknowledged() if moment > since]:
            raise RuntimeError(f"no write was acknowledged {what}, so nothing can be judged: {error}") from error
        raise


@dataclass
class MemberOutage:
    """One member killed under load: which one, who led meanwhile, and which writes were acknowledged."""

    db: Database
    writing: Writer
    name: str
    holding: contextlib.ExitStack
    gone: float = 0.0
    leader_meanwhile: str = ""
    acknowledged: tuple[tuple[float, int], ...] = ()

    @property
    def gap(self) -> float:
        """The longest time between two acknowledged writes, in seconds.

        The writer's clock may differ from ours: the longest pause is the outage, whichever second it began in.
        """
        return longest_gap([moment for moment, _ in self.acknowledged])

    def run(self) -> None:
        """Wait until others serve writes again, check that they keep serving, then stop the writer."""
        try:
            wait_for_writes(self.writing, since=self.gone, what=f"after {self.name} was killed")
        except (AssertionError, RuntimeError) as error:
            error.add_note(self.logs_of_others())
            raise
        self.leader_meanwhile = eventually(self.db.leader, within=DATABASE_SERVES, what="one leader", hint=HINT)
        assert self.leader_meanwhile != self.name, f"expected a leader other than {self.name}, saw the killed one lead"
        consistently(self.serves, during=KEEPS_SERVING, what="answers from the Service", hint=HINT)
        self.writing.stop()
        self.acknowledged = tuple(self.writing.acknowledged())

    def logs_of_others(self) -> str:
        """The last lines that each other member logged: why none of them leads."""
        core, namespace = self.db.namespace.cluster.core, self.db.namespace.name
        others = [pod.metadata.name for pod in self.db.members() if pod.metadata.name != self.name]
        logs = {other: core.read_namespaced_pod_log(other, namespace, tail_lines=LAST_LINES) for other in others}
        return "\n".join(f"{other} logged last:\n{text}" for other, text in logs.items())

    def serves(self) -> bool:
        """Raise AssertionError unless the Service leads a fresh connection to a member that accepts writes."""
        rows = self.db.ask(SERVICE, "select pg_is_in_recovery(), count(*) from " + self.writing.table)
        assert rows and rows[0][0] is False, f"the Service {SERVICE} leads to a member that accepts no writes"
        return True

    def describe(self) -> dict[str, Any]:
        """The outage in figures."""
        refusals = [line["error"].splitlines()[-1].strip() for line in self.writing.lines() if "error" in line]
        return {
            "killed": self.name, "took over": self.leader_meanwhile, "gap in seconds": round(self.gap, 2),
            "acknowledged": len(self.acknowledged),
            "of them after": sum(moment > self.gone for moment, _ in self.acknowledged),
            "refused": len(refusals), "refusals": sorted(set(refusals))[:10],
        }  # fmt: skip

    def others(self) -> list[str]:
        """The members that are Ready. Raises AssertionError unless they are the two others."""
        ready = self.db.names()
        assert self.name not in ready and len(ready) == 2, (
            f"expected the two members other than {self.name} Ready, saw {ready}"
        )
        return ready

    def let_back(self) -> float:
        """Let the member come back; return the seconds until all members follow again."""
        self.holding.close()
        began = time.monotonic()
        what = f"{self.name} to be one of three ready members again"
        eventually(self.db.all_members_ready, within=MEMBER_BACK, what=what, hint=HINT)
        return time.monotonic() - began

    def kept_by(self, member: str) -> str:
        """Wait until a member has every acknowledged write; return a summary. Raises TimedOut naming lost ones."""
        wanted = {number for _, number in self.acknowledged}

        def has_all() -> str:
            there = {row[0] for row in self.db.ask(member, f"select id from {self.writing.table}")}
            lost = sorted(wanted - there)
            assert not lost, f"{len(lost)} of {len(wanted)} acknowledged writes are missing on {member}: {lost[:10]}"
            return f"{len(wanted)}, none lost; {len(there - wanted)} more are there"

        return eventually(has_all, within=REPLICATED, what=f"every acknowledged write on {member}", hint=HINT)


@contextlib.contextmanager
def leader_killed(db: Database, writing: Writer) -> Iterator[MemberOutage]:
    """Kill the leading member without a grace period; it stays down until the end of the block or `let_back`."""
    # A new leader may not have a successor yet; two losses at once are not judged.
    eventually(db.can_fail_over, within=MEMBER_BACK, what="a member that can take over as leader", hint=HINT)
    name = db.leader_of(writing.table)
    pod = db.namespace.pod(name)
    others = [other.status.pod_ip for other in db.members() if other.metadata.name != name]
    with contextlib.ExitStack() as holding:
        holding.enter_context(dead(db.namespace, pod, cut_off_from=others))
        outage = MemberOutage(db, writing, name, holding, gone=time.time())
        outage.run()
        yield outage
