"""Vacuuming that is off, or on and as good as never done: dead rows then fill the disk. Source: 6.4, 6.8."""

from __future__ import annotations

from acceptance.drivers.data.database import Database
from acceptance.drivers.data.table_constraints import everywhere

SWITCHES = ("autovacuum", "track_counts")
"""Settings that have to be on."""
MOST = {
    "autovacuum_naptime": 3600, "autovacuum_vacuum_scale_factor": 1, "autovacuum_vacuum_threshold": 1_000_000,
}  # fmt: skip
"""The highest values of settings: seconds between two looks at a database; dead rows of a table that are left, as a
share of all its rows, and as a number."""
SETTINGS = f"select name, setting from pg_settings where name in ({', '.join(map(repr, (*SWITCHES, *MOST)))})"
SPARED = """select c.oid::regclass::text, '' from pg_class c, pg_options_to_table(c.reloptions) o
    where case when o.option_name = 'autovacuum_enabled' then not o.option_value::boolean end
    and c.relpersistence <> 't' and not exists
    (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')"""
"""Selects the tables that autovacuum leaves out, except those of extensions."""


def never_vacuumed(db: Database) -> list[str]:
    """What keeps dead rows from being removed: settings of a member, in words, and tables that are left out."""
    rows = [(name, *row) for name in db.names() for row in db.ask(name, SETTINGS, login=db.admin)]
    found = [f"{key} is {value} on {name}" for name, key, value in rows if rarely(key, value)]
    return found + [f"autovacuum is off for {table} in {database}" for database, table, _ in everywhere(db, SPARED)]


def rarely(key: str, value: str) -> bool:
    """Whether a value of a setting keeps a table from being vacuumed in time."""
    return value != "on" if key in SWITCHES else float(value) > MOST[key]
