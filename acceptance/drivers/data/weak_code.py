"""Code in the database itself that gives up durability or foreign keys within a transaction. Source: 6.7.

A trigger's function may do so for whoever writes to its table; no setting of a role, a session or a member shows it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from acceptance.drivers.data.database import Database
from acceptance.drivers.data.durability import WEAKLY

CODE = """
select n.nspname || '.' || p.proname, pg_get_functiondef(p.oid) from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where p.prokind in ('f', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')
union all
select 'the default of ' || a.adrelid::regclass::text, pg_get_expr(a.adbin, a.adrelid) from pg_attrdef a
union all
select 'the rule ' || r.rulename || ' of ' || r.ev_class::regclass::text, pg_get_ruledef(r.oid) from pg_rewrite r
join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
where n.nspname not in ('pg_catalog', 'information_schema')
and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
"""
"""Selects functions and procedures, defaults of columns, rules and views, except those of extensions."""
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
WEAKENED = tuple(
    re.compile(form, re.IGNORECASE)
    for names, values in WEAKLY.items()
    for form in (
        rf"\bset\s+(?:local\s+|session\s+)?({names})\s*(?:=|\bto\b)\s*'{{0,2}}({values})\b",
        rf"\bset_config\s*\(\s*E?'{{1,2}}({names})'{{1,2}}(?:::\w+)?\s*,\s*E?'{{0,2}}({values})\b",
    )
)
"""The two ways in which SQL weakens such a setting; code that only asks for it is let be."""


def weakened_by(code: str) -> list[str]:
    """The settings that code weakens, as `name off`; comments do nothing."""
    text = COMMENT.sub(" ", code)
    return [f"{name} {value}" for form in WEAKENED for name, value in form.findall(text)]


def weak_code(db: Database) -> list[str]:
    """The code in each database that weakens a setting of durability or of foreign keys, in words."""
    leader = db.leader()
    return [
        f"{name} in {database} sets {setting}"
        for database in db.databases()
        for name, code in db.ask(leader, CODE, login=replace(db.admin, database=database))
        for setting in weakened_by(code or "")
    ]
