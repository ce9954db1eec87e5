"""Rows of the table that the backend's public query reads. Source: 9.7, 12.2."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked
from acceptance.drivers.data.database import COLUMNS, SERVICE, Database

LETTERS = "Zoë & Söhne <'日本> \N{ROCKET}  Zoe\N{COMBINING DIAERESIS}"
"""Characters of one to four bytes in UTF-8, in both cases, and those that HTML escapes and JSON does not.

Two spaces, and a letter composed of two characters, which tidying would change.
"""
UNTIDY = '\t"\\ \n '
"""What tidying would change at the end of a text or in it, and what a text that is put together would end at."""
LONG = 200
"""Characters of the text for people, if its column has room: more than what lists cut off."""
ROOM = f"select coalesce(character_maximum_length, {LONG}) from {COLUMNS} and column_name = %s"
TIMES = f"""select column_name from {COLUMNS}
    and column_default ~* 'now\\(\\)|current_timestamp' and is_generated = 'NEVER'"""
"""The columns of a table that say when a row was written."""

RULES = f"""select count(*) from (
    select 1 from pg_constraint where conrelid = to_regclass(%s) and contype = 'c' union all
    select 1 from pg_trigger where tgrelid = to_regclass(%s) and not tgisinternal union all
    select 1 from {COLUMNS} and domain_name is not null) rule"""
"""The number of a table's own rules about what its columns may have: checks, triggers and domains."""


def key_of(*, capitals: bool) -> str:
    """A unique key, whose last letter is a capital with `capitals`."""
    return f"scenario-n-{secrets.token_hex(6)[1:]}{'Q' if capitals else 'q'}"


def text_of(length: int, *, untidy: bool = False) -> str:
    """A unique text of some characters, of which the last are LETTERS, and UNTIDY if it may be so, if there is room."""
    begin, end = f"scenario-n-{secrets.token_hex(6)} ", LETTERS + UNTIDY * untidy
    return (begin + end.rjust(max(length - len(begin), 0), "x"))[:length]


@dataclass(frozen=True)
class Record:
    """A row of the table that the public query reads, with unique values, alone or among others."""

    db: Database
    settings: ServiceSettings
    values: tuple[str, ...]

    @classmethod
    def new(cls, db: Database, settings: ServiceSettings) -> Record:
        """A row that is not in the database yet; its last column is text for people, who write in many scripts."""
        table = settings.public_table
        ((rules,),) = db.ask(SERVICE, RULES, table, table, table)
        # A table with rules of its own may demand small letters, or make them.
        first = (key_of(capitals=not rules) for _ in settings.public_columns[1:])
        room = db.ask(SERVICE, ROOM, table, settings.public_columns[-1])
        length = min([LONG, *(int(length) for (length,) in room)])
        return cls(db, settings, (*first, text_of(length, untidy=not rules)))

    def insert(self, around: int = 0) -> None:
        """Insert the row, with `around` rows whose first column sorts before its own, and as many that sort after it.

        It is one statement, so that nothing is left if it fails.
        """
        columns = ", ".join(self.settings.public_columns)
        one = ", ".join("%s::text" for _ in self.values)
        many = ", ".join("%s::text || to_char(n, 'FM000')" for _ in self.values)
        rows = f"select {many} from generate_series(1, {around}) n"
        statement = (
            f"insert into {self.settings.public_table} ({columns}) {rows} union all select {one} union all {rows}"
        )
        self.db.ask(SERVICE, statement, *self.around("a"), *self.values, *self.around("z"))

    def age(self, days: int) -> list[str]:
        """Set back the times at which the row says that it was written; return the columns, which may be none."""
        table, first = self.settings.public_table, self.settings.public_columns[0]
        columns = [str(name) for (name,) in self.db.ask(SERVICE, TIMES, table)]
        earlier = ", ".join(f"{name} = {name} - %s * interval '1 day'" for name in columns)
        if columns:
            self.db.ask(
                SERVICE, f"update {table} set {earlier} where {first} = %s", *[days] * len(columns), self.values[0]
            )
        return columns

    def around(self, side: str) -> tuple[str, ...]:
        """The beginnings of the values of the rows around it: `a` sort before it, `z` after it."""
        return tuple(value.split(" ")[0].replace("-n-", f"-{side}-", 1) for value in self.values)

    def change(self) -> Record:
        """Change the row's last column; return the row as it is now. Its first column stays: it may be its key."""
        first, last = self.settings.public_columns[0], self.settings.public_columns[-1]
        before = self.values[-1]
        after = text_of(len(before), untidy=before.endswith(UNTIDY))
        changed = replace(self, values=(*self.values[:-1], after))
        statement = f"update {self.settings.public_table} set {last} = %s where {first} = %s"
        self.db.ask(SERVICE, statement, changed.values[-1], self.values[0])
        return changed

    def delete(self) -> None:
        """Delete the row, and those around it."""
        table, column = self.settings.public_table, self.settings.public_columns[0]
        before, after = (self.around(side)[0] for side in "az")
        statement = f"delete from {table} where {column} = %s or {column} like %s or {column} like %s"
        self.db.ask(SERVICE, statement, self.values[0], f"{before}%", f"{after}%")

    def found_in(self, asked: Asked) -> bool:
        """Whether an answer has the whole row, once.

        Raises AssertionError if it has only a part of it, in parts of several rows or in each other's fields, or no
        data.
        """
        data = asked.data()
        times = sum(text.count(self.values[-1]) for text in texts(data))
        assert times < 2, f"expected {self.values[-1]} once in the answer, saw it {times} times in {data}"
        found = [has(data, value) for value in self.values]
        assert len(set(found)) == 1, f"expected all or none of {self.values} in the answer, saw a part of it in {data}"
        wrong = mixed_up(data, self.settings.public_columns, self.values) if found[0] else ""
        assert not wrong, f"expected {self.values} as one row in the answer, but {wrong}: {data}"
        return found[0]


def texts(data: Any) -> Iterator[str]:
    """The texts in data, at any depth, names of fields among them, as whoever reads the JSON has them."""
    if isinstance(data, str):
        yield data
    yield from data if isinstance(data, dict) else ()
    for child in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from texts(child)


def has(data: Any, text: str) -> bool:
    """Whether data has a text, alone or in a longer one, exactly."""
    return any(text in found for found in texts(data))


def elements(data: Any) -> Iterator[Any]:
    """The elements of all lists in data, at any depth, but for those that are plain texts or numbers."""
    for child in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        if isinstance(data, list) and isinstance(child, dict | list):
            yield child
        yield from elements(child)


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """The objects in data, at any depth."""
    if isinstance(data, dict):
        yield data
    for child in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from objects(child)


def plain(name: str) -> str:
    """A name of a column or field without what differs between SQL and GraphQL: letter case and _."""
    return name.replace("_", "").lower()


def mixed_up(data: Any, columns: tuple[str, ...], values: tuple[str, ...]) -> str:
    """How data that has all values of a row has them in several rows, or in each other's fields; otherwise empty.

    Rows are elements of a list; data without such, as one that lists each column, is not judged. Neither are fields
    that are not named as a column.
    """
    rows = [row for row in elements(data) if has(row, values[0])]
    if rows and not any(has(row, values[-1]) for row in rows):
        return "they are in different rows"
    meant = dict(zip(map(plain, columns), values, strict=True))
    wrong = [
        name
        for found in objects(data)
        for name, value in found.items()
        if isinstance(value, str) and value in values and meant.get(plain(name), value) != value
    ]
    return f"{' and '.join(wrong)} has another column's value" if wrong else ""
