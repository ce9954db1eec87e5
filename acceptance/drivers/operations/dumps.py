"""What a backup of the database, as `pg_dump` writes it, would bring back. Source: 25.10."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

GZIP, ARCHIVE = b"\x1f\x8b", b"PGDMP"
"""What a compressed file, and an archive of pg_dump's own format, begin with.

An archive's table of contents has the statements as they are, and always the owners. Source: pg_dump's reference.
"""
LOSES = re.compile(r"--no-owner|--no-(privileges|acl)|--(schema|data)-only|--(exclude-)?(schema|table)\b|--section"
                   r"|(?<=\s)-[OxsantNT]\b")  # fmt: skip
"""Options with which a dump lacks owners, rights, tables or rows."""
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
    of_schema = f'"?{re.escape(schema)}"?'
    quoted = rf'{of_schema}\."?{re.escape(name)}"?'
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


def lossy(commands: str) -> list[str]:
    """The options of the dumps in a block of commands that leave something out."""
    return [found.group() for options in COMMAND.findall(commands) for found in LOSES.finditer(options)]
