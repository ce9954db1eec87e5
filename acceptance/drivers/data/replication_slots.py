"""Replication slots that nobody reads: for each of them the leader keeps its whole log until the disk is full.

Patroni drops a slot that it does not know, but makes the permanent ones of its settings (`slots`). Source: 6.4, 6.8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.drivers.data.database import PATRONI_PORT, Database
from acceptance.drivers.data.durability import DISK
from acceptance.drivers.data.member_files import lasting
from acceptance.drivers.workloads.pods import capacity_at

IDLE = """select slot_name::text, (select setting from pg_settings where name = 'max_slot_wal_keep_size'),
    case when active then (pg_current_wal_lsn() - restart_lsn) / 1048576 else -1 end::bigint
    from pg_replication_slots where restart_lsn is not null and wal_status is distinct from 'lost' order by 1"""
"""Selects the slots, the megabytes of the log that are kept for one at most (-1 means any), and those that are kept now
for a reader that is there (-1: there is none)."""


OF_MEMBERS = """select slot_name::text, (select setting from pg_settings where name = 'max_slot_wal_keep_size')
    from pg_replication_slots where slot_type = 'physical' and restart_lsn is not null"""
"""Selects the slots of standbys, and the megabytes of the log that are kept for one at most (-1 means any)."""
KEEPING = 4
"""The release of Patroni from which the slot of a member stays while the member is away: for `member_slots_ttl`, which
is half an hour by default."""
OFF = ("false", "off", "no", "0")
STAYS = "member_slots_ttl"


def of_member(name: str) -> str:
    """The name of the slot that Patroni makes for a member."""
    return re.sub(r"[-.]", "_", name.lower())


def unread(db: Database) -> list[str]:
    """The leader's slots that nobody reads and that keep its log without end, in words.

    A reader that reconnects is waited for; one that is there and confirms nothing is told once half of the volume is
    kept for it. A member's own slot may be idle, and so may one whose log is cut off before the volume is full.
    """
    return lasting(lambda: idle(db), "a reader of each replication slot")


def idle(db: Database) -> list[str]:
    """The leader's slots that nobody reads now and that keep its log without end, in words."""
    leader = db.leader()
    members = {of_member(str(pod.metadata.name)) for pod in db.members()}
    size = capacity_at(db.namespace, db.namespace.pod(leader), DISK) >> 20
    rows = db.ask(leader, IDLE, login=db.admin)
    return [
        f"{leader} keeps its log for the replication slot {slot}, which nobody reads"
        + (f" on from {kept} MB ago" if kept >= 0 else "")
        for slot, most, kept in rows
        if slot not in members and not bounded(int(most or -1), size) and (kept < 0 or 2 * kept > size > 0)
    ]


def bounded(most: int, size: int) -> bool:
    """Whether the log that is kept for a slot (megabytes, negative without a limit) fits into a volume (0: unknown)."""
    return most >= 0 and (not size or most < size)


def keeps_for_members(db: Database, seen: Mapping[str, Any], least: int) -> bool:
    """Whether slots keep `least` megabytes of the log for members that are away, given Patroni's settings.

    Each of the leader's followers has a slot, and Patroni lets it be for some time. An older release drops it at once.
    """
    if str(seen.get("postgresql.use_slots", True)).lower() in OFF or str(seen.get(STAYS, "")).strip() in ("0", "0s"):
        return False
    leader = db.leader()
    address = f"http://{db.namespace.pod(leader).status.pod_ip}:{PATRONI_PORT}/patroni"
    said = as_json(as_json(db.client("http", "GET", address))["body"])
    if int(str(said["patroni"]["version"]).partition(".")[0]) < KEEPING:
        return False
    rows = db.ask(leader, OF_MEMBERS, login=db.admin)
    enough = {slot for slot, most in rows if not 0 <= int(most or -1) < least}
    return {of_member(str(pod.metadata.name)) for pod in db.members()} - {of_member(leader)} <= enough
