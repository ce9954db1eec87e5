"""Whether each table and index has its file on each member: queries that use no index do not miss one. Source: 6.9."""

from __future__ import annotations

from dataclasses import replace

from acceptance.drivers.data.database import Database

FILLED = """
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'i', 'm', 'S', 't') and c.relpersistence = 'p' and pg_relation_size(c.oid) > 0
"""
"""Selects the tables, indexes and sequences whose file is there and not empty: the size of a missing file is 0.

Sizes themselves may differ: a server under load adds empty pages to a table without a record in its log.
"""


def filled(db: Database, member: str) -> set[str]:
    """The relations of the services' database, catalogs included, that have a file with content on a member."""
    return {str(name) for (name,) in db.ask(member, FILLED, login=replace(db.admin, database=db.login.database))}


def files_everywhere(db: Database) -> int:
    """How many relations have files. Raises AssertionError naming the files that not all members have.

    Ask again: members follow the leader, and relations come and go.
    """
    seen = {name: filled(db, name) for name in db.names()}
    every = set[str]().union(*seen.values())
    missing = {name: sorted(every - found) for name, found in seen.items() if every - found}
    assert every and not missing, f"expected a file of each table and index on each member, missing: {missing or 'all'}"
    return len(every)
