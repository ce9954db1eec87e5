"""A record of the services' own that an operator changed, and that has to stay as it is. Source: plan 23.10.

A service that writes its first records anew at each start takes back what was changed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.public_records import text_of
from acceptance.drivers.data.database import COLUMNS, SERVICE, Database

SCENARIOS = "scenario-%"
"""What the first column of scenarios' records is like."""
LONGEST = 60
"""Characters of the new text, if its column has room."""
ROOM = f"select coalesce(character_maximum_length, {LONGEST}) from {COLUMNS} and column_name = %s"


@dataclass(frozen=True)
class OwnRecord:
    """A record that the services brought along, by its first column, and the text of its last: before, and changed."""

    db: Database
    settings: ServiceSettings
    key: Any
    before: Any
    changed: str

    @classmethod
    def first(cls, db: Database, settings: ServiceSettings) -> OwnRecord | None:
        """The first of them, which is not changed yet; None where there is none, or no other text fits."""
        first, last = settings.public_columns[0], settings.public_columns[-1]
        rows = db.ask(
            SERVICE,
            f"select {first}, {last} from {settings.public_table} where {first}::text not like %s "
            f"and {last} is not null order by 1 limit 1",
            SCENARIOS,
        )
        room = min([LONGEST, *(int(size) for (size,) in db.ask(SERVICE, ROOM, settings.public_table, last))])
        own = [cls(db, settings, key, before, text_of(room)) for key, before in rows]
        return next((one for one in own if first != last and one.changed != one.before), None)

    def change(self) -> None:
        """Give the record another text."""
        self.write(self.before, self.changed)

    def restore(self) -> None:
        """Give the record its text back, unless somebody else changed it meanwhile."""
        self.write(self.changed, self.before)

    def write(self, old: Any, new: Any) -> None:
        """Replace the record's text, if it is `old`."""
        first, last = self.settings.public_columns[0], self.settings.public_columns[-1]
        statement = f"update {self.settings.public_table} set {last} = %s where {first} = %s and {last} = %s"
        self.db.ask(SERVICE, statement, new, self.key, old)

    def lost(self) -> str:
        """What became of the changed text, in words; empty if the record still has it."""
        first, last = self.settings.public_columns[0], self.settings.public_columns[-1]
        rows = self.db.ask(SERVICE, f"select {last} from {self.settings.public_table} where {first} = %s", self.key)
        return "" if rows == [(self.changed,)] else f"{last} of {self.key} is {rows or 'gone'}, not {self.changed}"
