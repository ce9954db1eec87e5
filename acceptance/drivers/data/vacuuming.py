"""Vacuuming that is off, or on and as good as never done: dead rows then fill the disk. Source: 6.4, 6.8."""

from __future__ import annotations

from collections.abc import Mapping

from acceptance.drivers.data.database import Database
from acceptance.drivers.data.table_constraints import everywhere

SWITCHES = ("autovacuum", "track_counts")
"""Settings that have to be on."""
MOST = {
    "autovacuum_naptime": 3600, "autovacuum_vacuum_scale_factor": 1, "autovacuum_vacuum_threshold": 1_000_000,
    "autovacuum_freeze_max_age": 1_000_000_000, "autovacuum_multixact_freeze_max_age": 1_000_000_000,
}  # fmt: skip
"""The highest values of settings: seconds between two looks at a database; dead rows of a table that are left, as a
share of all its rows, and as a number; transactions after which old rows are frozen, of some two billion that there are
in all: at the end of these the database takes no more writes."""
PACE = 20 / 200
"""The longest pause in milliseconds for each unit of work (PostgreSQL's own before release 12): with a longer one a
table is changed faster than it is vacuumed."""
OF_PACE = {"autovacuum_vacuum_cost_delay": "vacuum_cost_delay", "autovacuum_vacuum_cost_limit": "vacuum_cost_limit"}
"""The two settings by which vacuuming pauses, and those that count where one is -1."""
OWN = {
    "autovacuum_vacuum_cost_delay": 2, "autovacuum_vacuum_cost_limit": -1,
    "vacuum_cost_delay": 0, "vacuum_cost_limit": 200,
}  # fmt: skip
"""PostgreSQL's own values of them."""
SETTINGS = f"""select name, setting from pg_settings
    where name in ({", ".join(map(repr, (*SWITCHES, *MOST, *OF_PACE, *OF_PACE.values())))})"""
OPTIONS = """select c.oid::regclass::text, o.option_name || '=' || case when o.option_name = 'autovacuum_enabled'
    then o.option_value::boolean::text else o.option_value end
    from pg_class c, pg_options_to_table(c.reloptions) o
    where left(o.option_name, 11) = 'autovacuum_' and c.relpersistence <> 't' and not exists
    (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')"""
"""Selects what tables have of their own about vacuuming, except those of extensions."""
HELD = """select 'a session of ' || usename || ' (' || application_name || ')', pid::text from pg_stat_activity
    where left(state, 19) = 'idle in transaction' and (backend_xid is not null or backend_xmin is not null)
    and xact_start < clock_timestamp() - interval '60 seconds' union all
    select 'a prepared transaction of ' || owner, gid from pg_prepared_xacts
    where prepared < clock_timestamp() - interval '60 seconds'"""
"""Selects transactions that nobody goes on with: no row that was deleted since they began is removed in any table."""


def never_vacuumed(db: Database) -> list[str]:
    """What keeps dead rows from being removed, in words: settings, options of tables, and transactions left open."""
    found = []
    for name in db.names():
        seen = {str(key): str(value) for key, value in db.ask(name, SETTINGS, login=db.admin)}
        found += [f"{key} is {value} on {name}" for key, value in seen.items() if rarely(key, value)]
        found += [f"{text} on {name}" for text in paused(seen)]
    held = db.ask(db.leader(), HELD, login=db.admin)
    return found + left_out(db) + [f"{who} is left in a transaction ({name})" for who, name in held]


def left_out(db: Database) -> list[str]:
    """The tables that are never vacuumed because of options of their own, in words."""
    tables: dict[str, dict[str, str]] = {}
    for database, table, option in everywhere(db, OPTIONS):
        key, _, value = option.partition("=")
        tables.setdefault(f"{table} in {database}", {})[key] = value
    found = []
    for table, options in tables.items():
        found += [f"autovacuum is off for {table}"] if options.get("autovacuum_enabled") == "false" else []
        found += [f"{key} is {value} for {table}" for key, value in options.items() if rarely(key, value)]
        found += [f"{text} for {table}" for text in paused(options)]
    return found


def rarely(key: str, value: str) -> bool:
    """Whether a value of a setting keeps a table from being vacuumed in time."""
    if key in SWITCHES:
        return value != "on"
    return key in MOST and float(value) > MOST[key]


def paused(seen: Mapping[str, str]) -> list[str]:
    """The pauses of vacuuming by settings of a member, or by options of a table, if they are longer than PACE."""
    delay, limit = (of_pace(seen, key) for key in OF_PACE)
    if delay <= 0 or delay / max(limit, 1) <= PACE:
        return []
    return [f"vacuuming pauses for {delay:g} ms after {limit:g} units of work (autovacuum_vacuum_cost_delay)"]


def of_pace(seen: Mapping[str, str], key: str) -> float:
    """The value of a setting of OF_PACE, or of the one that counts where it is -1; PostgreSQL's own where none is."""
    value = float(seen.get(key, OWN[key]))
    return value if value >= 0 else float(seen.get(OF_PACE[key], OWN[OF_PACE[key]]))
