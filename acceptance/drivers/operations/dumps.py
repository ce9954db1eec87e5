"""What a backup of the database, as `pg_dump` writes it, would bring back. Source: 25.10."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

GZIP, ARCHIVE = b"\x1f\x8b", b"PGDMP"
"""What a compressed file, and an archive of pg_dump's own format, begin with.

An archive's table of contents has the statements as they are, and always the owners. Source: pg_dump's reference.
"""
LOSES = re.compile(r"--no-owner|--no-(privileges|acl)|--(schema|data)-only|--(exclude-)?(schema|table)\b|--section"
                   r"|(?<=\s)-[OxsantNT]\b")  # fmt: skip
"""Options with which a dump lacks owners, rights, tables or rows."""
TO = re.compile(
    r"^(?:ALTER [^;\n]+ OWNER TO|GRANT [^;\n]+ TO|ALTER DEFAULT PRIVILEGES FOR ROLE|SET SESSION AUTHORIZATION)"
    r" (\"[^\"\n]+\"|'[^'\n]+'|\w+)",
    re.MULTILINE,
)
"""The roles that a dump's statements name, one a statement, as pg_dump writes them."""
BUILT_IN = re.compile(r"PUBLIC|DEFAULT|pg_\w+", re.IGNORECASE)
"""What is no role, and roles that each server has."""
COMMAND = re.compile(r"\b(?:pg|ysql)_dump\b([^'|>]*)")


def read(file: Path) -> str:
    """The text of a dump, which may be compressed."""
    found = file.read_bytes()
    return (gzip.decompress(found) if found.startswith(GZIP) else found).decode(errors="replace")


def lacks(text: str, table: str) -> list[str]:
    """What a dump lacks of a table (schema.table): itself, its rows, or whom it and its schema belong to; in words.

    Whoever restores is a superuser: without owners everything would be theirs, and denied to the services.
    """
    schema, _, name = table.partition(".")
    is_archive = text.startswith(ARCHIVE.decode())
    begins = "" if is_archive else "^"
    of_schema, quoted = as_written(schema), as_written(table)
    # An empty table has no INSERT: only pg_dump's heading says that its rows belong here.
    heading = f"-- Data for Name: {re.escape(name)}; Type: TABLE DATA; Schema: {re.escape(schema)};"
    wanted = {
        table: rf"{begins}CREATE TABLE {quoted}[ (]",
        f"the rows of {table}": rf"{begins}(?:(?:COPY|INSERT INTO) {quoted}[ (]|{heading})",
    }
    if not is_archive and not re.search("^SET SESSION AUTHORIZATION", text, re.MULTILINE):
        wanted[f"the owner of {table}"] = rf"^ALTER TABLE (?:ONLY )?{quoted} OWNER TO "
        wanted[f"the owner of the schema {schema}"] = rf"^ALTER SCHEMA {of_schema} OWNER TO "
    return [what for what, pattern in wanted.items() if not re.search(pattern, text, re.MULTILINE)]


def strangers(text: str, services: str, administrator: str, tables: Iterable[str]) -> list[str]:
    """What a dump gives to somebody by whom the services cannot use it after a restore, in words.

    A deployment on a new platform makes only the roles `services` and `administrator`: a statement that names another
    fails, so that its object is a superuser's. A table of the services that is the administrator's is one that their
    next release cannot change.
    """
    named = {found.strip("\"'") for found in TO.findall(text)} - {services, administrator}
    others = [f"the role {name}, to which it gives something" for name in sorted(named) if not BUILT_IN.fullmatch(name)]
    owned = rf'^ALTER TABLE (?:ONLY )?%s OWNER TO "?{re.escape(administrator)}"?;'
    kept = [table for table in tables if re.search(owned % as_written(table), text, re.MULTILINE)]
    return others + [f"the owner of {table}, which is the administrator's" for table in kept]


def as_written(name: str) -> str:
    """A pattern of a name in a dump, which may have quotes around each of its parts: `"?auth"?\\."?tokens"?`."""
    return r"\.".join(f'"?{re.escape(part)}"?' for part in name.split("."))


def lossy(commands: str) -> list[str]:
    """The options of the dumps in a block of commands that leave something out."""
    return [found.group() for options in COMMAND.findall(commands) for found in LOSES.finditer(options)]
