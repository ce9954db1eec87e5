"""Deletes a database member during writes. Source: 6.4."""

from __future__ import annotations

import time

from acceptance.base.deadlines import DATABASE_SERVES, GONE, MEMBER_BACK, REPLICATED
from acceptance.base.waiting import eventually
from acceptance.cluster.namespace import NotStarted
from acceptance.drivers.data.database import SERVICE, Database, Rows
from acceptance.drivers.data.member_loss import HINT
from acceptance.drivers.workloads.pods import is_replaced, ready_again

OF_YUGABYTEDB = "/mnt/disk0/yb-data"
"""The folder in which YugabyteDB keeps its data."""

STAT = "stat -Lc '%i %W' \"$1\" 2>/dev/null || true"
"""Prints a folder's inode and when it was made, which a folder made anew does not share; nothing if it cannot."""


def folder_of(db: Database, member: str) -> str:
    """The folder of a member's data: its path, inode and birth; empty if the member cannot tell."""
    asked = [] if db.is_yugabytedb else db.ask(member, "show data_directory", login=db.admin)
    path = str(asked[0][0]) if asked else OF_YUGABYTEDB
    try:
        told = db.namespace.execute(member, "sh", "-c", STAT, "sh", path).strip()
    except NotStarted:
        return ""
    return f"{path} ({told})" if told else ""


class Deletion:
    """The deletion of the member that leads a table, or of one that follows, and its return."""

    def __init__(self, db: Database, table: str, *, leads: bool):
        self.db, self.table = db, table
        leader = db.leader_of(table)
        self.name = leader if leads else next(name for name in db.names() if name != leader)
        self.before = db.namespace.pod(self.name)
        self.folder = "" if leads else folder_of(db, self.name)
        self.seconds = 0.0

    def run(self) -> None:
        """Delete the member, and write a row while it is gone. Raises TimedOut if the row is not written in time."""
        namespace, name = self.db.namespace, self.name
        namespace.cluster.core.delete_namespaced_pod(name, namespace.name)
        gone = f"{name} to be gone"
        eventually(lambda: is_replaced(namespace, name, self.before), within=GONE, what=gone, hint=HINT)
        began = time.monotonic()
        what = f"a row to be written while {name} is gone"
        eventually(self.write, within=DATABASE_SERVES, what=what, hint=HINT)
        self.seconds = time.monotonic() - began

    def write(self) -> bool:
        """Insert the second row; an earlier insert may have succeeded although its connection was cut."""
        self.db.ask(SERVICE, f"insert into {self.table} values (2, 'meanwhile') on conflict do nothing")
        return True

    def wait_until_back(self) -> None:
        """Wait until a new pod has replaced the member, and all members are Ready."""
        name, back = self.name, f"{self.name} to be Ready again"
        namespace = self.db.namespace
        eventually(lambda: ready_again(namespace, name, self.before), within=MEMBER_BACK, what=back, hint=HINT)
        among = f"{name} and all other members to be ready"
        eventually(self.db.all_members_ready, within=MEMBER_BACK, what=among, hint=HINT)

    def made_anew(self) -> list[str]:
        """Where a member that followed has another folder for its data than before, in words.

        A member that ended cleanly and only missed some rows continues with what is on its volume. One that led may
        have to be copied anew, as may one that was killed.
        """
        after = folder_of(self.db, self.name) if self.folder else ""
        other = bool(after) and after != self.folder
        return [f"{self.name} began with a new folder, {after} in place of {self.folder}"] if other else []

    def wait_for_rows(self, expected: Rows) -> None:
        """Wait until the member has these rows."""
        held = f"{len(expected)} rows on {self.name}"
        eventually(lambda: self.db.holds(self.name, self.table, expected), within=REPLICATED, what=held, hint=HINT)
