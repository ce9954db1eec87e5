"""Sessions of a service's pods in the database, held against the URL that its Secret names. Source: 8.3, 9.3."""

from __future__ import annotations

from collections.abc import Collection

from acceptance.drivers.data.database import Database

SESSIONS = """select host(client_addr), usename, datname, count(*) from pg_stat_activity
    where host(client_addr) = any(%s) group by 1, 2, 3 order by 1, 2, 3"""
"""The sessions from some addresses, by address, role and database."""


def sessions_of(db: Database, addresses: Collection[str]) -> dict[str, dict[str, int]]:
    """The sessions from these addresses at each member: how many there are as which role, in which database."""
    found: dict[str, dict[str, int]] = {}
    for member in db.names():
        for _, role, database, count in db.ask(member, SESSIONS, [*addresses], login=db.admin):
            at = found.setdefault(member, {})
            at[f"{role} in {database}"] = at.get(f"{role} in {database}", 0) + int(count)
    return found


def of_others(db: Database, seen: dict[str, dict[str, int]]) -> dict[str, list[str]]:
    """The roles and databases of such sessions that are not those of DATABASE_URL, by member."""
    own = f"{db.login.user} in {db.login.database}"
    return {member: others for member, found in seen.items() if (others := sorted({*found} - {own}))}
