"""Whether each member could restart after a failure, including those that no scenario kills. Source: 6.4."""

from __future__ import annotations

import functools

from acceptance.base.deadlines import REPLICATED
from acceptance.base.waiting import eventually
from acceptance.drivers.data.database import Database
from acceptance.drivers.data.durability import DISK, files_of
from acceptance.drivers.data.login_rules import RULES, unasked
from acceptance.drivers.data.member_loss import HINT
from acceptance.drivers.workloads.pods import mount_of

BARRED = (
    f"find {DISK} -name lost+found -prune -o \\( ! -readable -o -type d ! -writable \\) -print -quit 2>/dev/null; true"
)
"""Prints the first file that the member's own user may not read, or folder that it may not write to."""
COPIERS = """select rolname, rolconnlimit from pg_roles
    where rolreplication and rolcanlogin and not rolsuper and rolconnlimit between 0 and %s order by rolname"""
"""Selects the roles of standbys with at most so many connections; there is no limit for a superuser."""


def barred_files(db: Database) -> dict[str, str]:
    """The members with a file that would end their next start, with one such file.

    A running server has its files open, and notices nothing.
    """
    found = {name: db.namespace.execute(name, "sh", "-c", BARRED).strip() for name in db.names()}
    return {name: path for name, path in found.items() if path}


def too_few_connections(db: Database) -> list[str]:
    """The roles of standbys that cannot make a new copy for a lost member while the other members follow.

    A copy takes two connections, one for the data and one for the log, beside one of each other standby. Without such
    a role, as in YugabyteDB, none.
    """
    needed = len(db.names())
    rows = db.ask(db.leader(), COPIERS, needed - 1, login=db.admin)
    return [f"{role} may have {limit} connections, a new copy takes {needed}" for role, limit in rows]


def changed_by_return(db: Database, member: str, table: str) -> list[str]:
    """What a restarted member does differently: which clients it accepts without a password, where it stores data."""
    rules = {} if db.is_yugabytedb else {member: db.ask(member, RULES, login=db.admin)}
    found = unasked(rules)
    for what, path in files_of(db, member, table).items():
        look, told = functools.partial(mount_of, db.namespace, member, path), f"the file {path} on {member}"
        real, mount = eventually(look, within=REPLICATED, what=told, hint=HINT)
        found += [f"{member} stores {what} at {real}"] if mount != DISK else []
    return found
