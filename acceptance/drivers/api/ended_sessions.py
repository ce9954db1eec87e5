"""Sessions of a service that the database ends, as it does when it is restarted or another member takes over.

A service with a connection pool has to notice: otherwise a user's next request fails although the database is up. The
sessions are those of a copy: a request that is being answered may fail with its session, and users wait for the others.
Source: 8.8, 9.7.
"""

from __future__ import annotations

import functools

from acceptance.base.deadlines import GONE
from acceptance.base.waiting import eventually
from acceptance.drivers.data.database import Database
from acceptance.drivers.services.copies import Copy

END = """select pid, pg_terminate_backend(pid) from pg_stat_activity
    where state = 'idle' and client_addr = any(%s::inet[])"""
"""Ends the idle sessions from some addresses; statements in progress are answered."""
LEFT = "select count(*) from pg_stat_activity where pid = any(%s)"


def end_sessions(db: Database, copy: Copy) -> dict[str, int]:
    """End the idle sessions of a copy of a service; return how many, by member.

    There may be none: a service need not keep connections. Raises TimedOut if one does not end.
    """
    addresses = [str(copy.pod().status.pod_ip)]
    ended = {}
    for member in db.names():
        found = [pid for pid, _ in db.ask(member, END, addresses, login=db.admin)]
        gone = functools.partial(are_gone, db, member, found)
        eventually(gone, within=GONE, what=f"the sessions of {copy.name} at {member} to end")
        ended[member] = len(found)
    return ended


def are_gone(db: Database, member: str, sessions: list[int]) -> bool:
    """Raise AssertionError while a member has one of some sessions."""
    ((left,),) = db.ask(member, LEFT, sessions, login=db.admin)
    assert left == 0, f"{left} of {len(sessions)} sessions are still open"
    return True
