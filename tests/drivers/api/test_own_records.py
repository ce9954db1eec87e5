"""A record of the services' own that was changed."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.api.own_records import OwnRecord

SETTINGS = Thing(public_table="backend.products", public_columns=("slug", "name"))


class Table:
    """A table with one record, or with none."""

    def __init__(self, rows, room=200):
        self.rows, self.room = dict(rows), room

    def ask(self, place, statement, *values):
        assert place == "yb-tservers"
        if "character_maximum_length" in statement:
            return [(self.room,)]
        if statement.startswith("update"):
            new, key, old = values
            self.rows[key] = new if self.rows.get(key) == old else self.rows.get(key)
            return []
        if "limit 1" in statement:
            return sorted(self.rows.items())[:1]
        return [(text,) for key, text in self.rows.items() if key == values[0]]


def test_a_record_that_stays_as_it_was_changed_is_let_be():
    table = Table({"consulting": "Consulting"})
    own = OwnRecord.first(table, SETTINGS)
    own.change()
    assert table.rows["consulting"].startswith("scenario-n-") and own.lost() == ""
    own.restore()
    assert table.rows == {"consulting": "Consulting"}


@pytest.mark.parametrize("after", [{"consulting": "Consulting"}, {}])
def test_a_record_that_was_taken_back_or_is_gone_is_told_and_is_not_touched(after):
    table = Table({"consulting": "Consulting"})
    own = OwnRecord.first(table, SETTINGS)
    own.change()
    table.rows = dict(after)
    assert "name of consulting is" in own.lost()
    own.restore()
    assert table.rows.get("consulting") == after.get("consulting")


def test_the_new_text_fits_into_its_column():
    assert len(OwnRecord.first(Table({"a": "b"}, room=12), SETTINGS).changed) == 12


def test_services_that_bring_no_records_along_are_not_judged():
    assert OwnRecord.first(Table({}), SETTINGS) is None
