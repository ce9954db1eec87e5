"""Functions that run with an administrator's rights and do for the services' role what it may not. Source: 6.6."""

from __future__ import annotations

import re
from dataclasses import replace

from acceptance.drivers.data.database import Database
from acceptance.drivers.data.weak_code import COMMENT

FUNCTIONS = """select n.nspname || '.' || p.proname, pg_get_functiondef(p.oid) from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
    where p.prosecdef and p.prokind in ('f', 'p') and o.rolname <> %s
    and (o.rolsuper or o.rolcreaterole or exists (select from pg_roles r where pg_has_role(o.oid, r.oid, 'MEMBER')
         and r.rolname in ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')))
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and n.nspname not in ('pg_catalog', 'information_schema')
    and has_schema_privilege(%s::name, n.oid, 'USAGE') and has_function_privilege(%s::name, p.oid, 'EXECUTE')
    and not exists (select from pg_depend d
                    where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e') order by 1"""
"""Selects the functions with the rights of an administrator that a role may call, except those of extensions."""
LITERAL = r"(?:\bE)?'(?:[^']|'')*'"
STATEMENT = re.compile(rf"\bexecute\b((?:{LITERAL}|[^;'])*)", re.IGNORECASE)
"""A statement that is put together when it runs, up to its end."""
VALUES = re.compile(r"\b(?:into|using)\b.*", re.IGNORECASE | re.DOTALL)
"""What follows such a statement: where its result goes, and values, which are no SQL."""
QUOTED = re.compile(rf"\bformat\s*\(\s*(?!'[^']*%(?:\d+\$)?s){LITERAL}[^()]*\)|\bquote_\w+\s*\([^()]*\)", re.IGNORECASE)
"""Parts of one that a caller cannot change into other SQL."""
RULING = re.compile(
    r"\b(?:create|alter|drop|set)\s+(?:local\s+|session\s+)?(?:role|user|authorization)\b|\balter\s+system\b"
    r"|\bpg_(?:authid|shadow)\b|\bpg_read_(?:binary_)?file\b|\bpg_ls_dir\b|\blo_(?:import|export)\b"
    r"|\bcopy\b[^;]*\b(?:from|to)\b",
    re.IGNORECASE,
)
"""What only an administrator may do: change roles, see verifiers, use the machine's files, run programs."""


def ruling_functions(db: Database) -> list[str]:
    """The functions in each database by which the services' role gets rights of an administrator, in words.

    One that does a fixed thing with its owner's rights is not judged.
    """
    leader, user = db.leader(), db.login.user
    return [
        f"the owner of {name} in {database}"
        for database in db.databases()
        for name, code in db.ask(leader, FUNCTIONS, user, user, user, login=replace(db.admin, database=database))
        if rules(code or "")
    ]


def rules(code: str) -> bool:
    """Whether a function's code does what only an administrator may, or runs SQL that its caller gives."""
    text = COMMENT.sub(" ", code)
    return bool(RULING.search(text)) or any(is_given(found) for found in STATEMENT.findall(text))


def is_given(statement: str) -> bool:
    """Whether a statement that is put together has parts that a caller gives, unquoted."""
    own = QUOTED.sub("''", VALUES.sub("", statement))
    return bool(re.search(r"[a-z_]\w*|\$\d", re.sub(LITERAL, "", own), re.IGNORECASE))
