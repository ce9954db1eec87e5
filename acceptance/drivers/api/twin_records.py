"""Two rows with the same text for people, of which the public query has to find both. Source: 9.7."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from acceptance.drivers.api.graphql import Asked
from acceptance.drivers.api.public_records import Record, has, key_of
from acceptance.drivers.data.database import SERVICE


@contextlib.contextmanager
def twin_of(record: Record) -> Iterator[Record | None]:
    """A second row with a record's text and a first column of its own, until the end of the block.

    None where the table does not allow two rows with one text.
    """
    columns = record.settings.public_columns
    twin = replace(record, values=(key_of(capitals=record.values[0][-1].isupper()), *record.values[1:]))
    places = ", ".join("%s" for _ in twin.values)
    statement = (
        f"insert into {record.settings.public_table} ({', '.join(columns)}) values ({places}) "
        f"on conflict do nothing returning {columns[0]}"
    )
    try:
        yield twin if record.db.ask(SERVICE, statement, *twin.values) else None
    finally:
        twin.delete()


def not_among(asked: Asked, records: list[Record]) -> list[str]:
    """The records that an answer does not have, by their first column. Raises AssertionError if it has no data."""
    data = asked.data()
    return [record.values[0] for record in records if not has(data, record.values[0])]
