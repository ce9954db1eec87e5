"""Whether a script that runs in each sync keeps the rows of the services' tables. Source: 8.8, 9.7, plan 11.20, 11.21.

What is here runs in psql, before and after the script, in a transaction that is rolled back.
"""

from __future__ import annotations

import re

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ;\nSET LOCAL lock_timeout = '5s';"
"""Begins the transaction: rows that somebody else deletes meanwhile stay in sight, and nobody is kept waiting long."""
TABLES = """FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^(pg_|information_schema$)'
    AND c.relname !~ '^scenario_'"""
"""Where SQL finds the services' tables; scenarios' come and go."""
COLUMN = """SELECT string_agg(quote_ident(a.attname), ', ') AS names, string_agg(format('CAST(%L AS %s)', CASE
        WHEN t.typcategory = 'S' THEN md5(CAST(random() AS text)) WHEN t.typcategory = 'N' THEN '0'
        WHEN t.typcategory = 'D' THEN 'infinity' WHEN t.typcategory = 'B' THEN 'true'
        WHEN t.typname = 'uuid' THEN CAST(gen_random_uuid() AS text) WHEN t.typname = 'bytea' THEN '' ELSE '{}' END,
      format_type(a.atttypid, a.atttypmod)), ', ') AS entries
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attnum > 0 AND a.attnotnull AND NOT a.atthasdef AND NOT a.attisdropped AND a.attidentity = ''"""
"""Selects the columns that a row has to have, and a value of its type for each."""
ROW_IN_EACH = f"""DO $$
DECLARE item record; row_of record;
BEGIN
  FOR item IN SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name {TABLES} LOOP
    BEGIN
      {COLUMN} AND a.attrelid = item.oid INTO row_of;
      EXECUTE format('INSERT INTO %s ', item.name) || CASE WHEN row_of.names IS NULL THEN 'DEFAULT VALUES'
        ELSE format('(%s) VALUES (%s)', row_of.names, row_of.entries) END;
    EXCEPTION WHEN OTHERS THEN
    END;
  END LOOP;
END $$;"""
"""Puts a row into each table that takes such a one, since an empty table loses nothing."""
BEFORE, AFTER = "rows before", "rows after"
COUNTED = re.compile(rf"^({BEFORE}|{AFTER}) (.+) (\d+)$", re.MULTILINE)


def count(moment: str) -> str:
    """What has psql print the rows of each table at a moment, BEFORE or AFTER."""
    asks = "format('SELECT %L || count(*) FROM %I.%I', '{} ' || n.nspname || '.' || c.relname || ' ', nspname, relname)"
    return f"SELECT {asks.format(moment)} {TABLES} \\gexec"


def lost(printed: str) -> list[str]:
    """The tables with fewer rows AFTER than BEFORE, or none, in words, given what psql printed."""
    seen: dict[str, dict[str, int]] = {BEFORE: {}, AFTER: {}}
    for moment, table, rows in COUNTED.findall(printed):
        seen[moment][table] = int(rows)
    before, after = seen[BEFORE], seen[AFTER]
    gone = [f"{table} is gone" for table in before if table not in after]
    fewer = [
        f"{table} has {after[table]} rows in place of {rows}"
        for table, rows in before.items()
        if after.get(table, rows) < rows
    ]
    return gone + fewer
