"""Whether the database enforces the constraints of the services' tables: the C of ACID. Source: 6.7."""

from __future__ import annotations

from dataclasses import replace

import psycopg

from acceptance.drivers.data.database import SERVICE, Database

COLUMNS = "id bigint primary key, parent bigint, amount bigint not null check (amount >= 0)"
REFERENCE = "alter table {table} add foreign key (parent) references {table} (id)"
BREAKS = {
    "a row that refers to a missing row": "insert into {table} values (2, 7, 1)",
    "the deletion of a row that another refers to": "delete from {table} where id = 0",
    "a second row with the same key": "insert into {table} values (1, null, 1)",
    "a value that violates a check constraint": "insert into {table} values (3, null, -1)",
    "NULL in a NOT NULL column": "insert into {table} values (4, null, null)",
}
"""Writes that violate one constraint each, by what is wrong with them."""
SILENCED = """
select c.relname, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
where t.tgenabled in ('D', 'R') order by 1, 2
"""
"""The triggers, including those that enforce foreign keys, that no session of the services fires."""
UNCHECKED = """
select conrelid::regclass::text, conname::text from pg_constraint where not convalidated union all
select indrelid::regclass::text, indexrelid::regclass::text from pg_index where not indisvalid order by 1, 2
"""
"""The constraints that hold for new rows at most: added as NOT VALID, or as an index that could not be built."""


def make_table(db: Database) -> str:
    """Create the scenario's own table with a constraint of each kind and two rows, one of which references the other.

    Returns the table's name.
    """
    table = db.create(COLUMNS)
    db.ask(SERVICE, REFERENCE.format(table=table))
    db.ask(SERVICE, f"insert into {table} values (0, null, 1), (1, 0, 1)")
    return table


def taken(db: Database, table: str) -> list[str]:
    """The writes that violate a constraint of the table but were accepted from the services' role, in words.

    Raises AssertionError if the database refuses one for another reason, or is not reached.
    """
    found = []
    try:
        with db.connect(SERVICE) as connection:
            for what, statement in BREAKS.items():
                try:
                    connection.execute(statement.format(table=table))
                except psycopg.errors.IntegrityError:
                    continue
                found.append(what)
    except psycopg.Error as error:
        raise AssertionError(
            f"expected {SERVICE} to refuse writes to {table} as violations of its constraints, saw {str(error).strip()}"
        ) from error
    return found


def silenced(db: Database) -> list[str]:
    """The disabled triggers in every database: the constraints that they enforce are off."""
    return [f"{trigger} of {table} in {name}" for name, table, trigger in everywhere(db, SILENCED)]


def unchecked(db: Database) -> list[str]:
    """The constraints in every database that existing rows may violate."""
    return [f"{rule} of {table} in {name} was never checked" for name, table, rule in everywhere(db, UNCHECKED)]


def everywhere(db: Database, query: str) -> list[tuple[str, str, str]]:
    """The rows of a two-column query in each database, after the database's name; it runs as the administrator."""
    leader = db.leader()
    return [
        (name, first, second)
        for name in db.databases()
        for first, second in db.ask(leader, query, login=replace(db.admin, database=name))
    ]
