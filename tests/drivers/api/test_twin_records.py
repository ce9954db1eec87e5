"""Two records with the same text: a backend that finds one of them only is seen."""

import sqlite3

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked
from acceptance.drivers.api.public_records import Record
from acceptance.drivers.api.twin_records import not_among, twin_of

SETTINGS = ServiceSettings()


class Database:
    """A table with one record; with `unique`, no two rows may have one text."""

    def __init__(self, unique=False):
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            f"create table products (slug text primary key, name text {'unique' if unique else ''})"
        )
        self.connection.execute("insert into products values ('scenario-n-1', 'Some text')")

    def ask(self, _, statement, *values):
        text = statement.replace("backend.products", "products").replace("%s", "?")
        return self.connection.execute(text, values).fetchall()

    def answer(self, query):
        rows = [{"slug": slug, "name": name} for slug, name in self.ask("", query)]
        made = json_answer(200, {"data": {"products": rows}})
        made.headers["Content-Type"] = "application/json"
        return Asked(made, None, 0.0)


def record_of(db):
    return Record(db, SETTINGS, ("scenario-n-1", "Some text"))


@pytest.mark.parametrize(
    ("query", "missed"),
    [
        ("select slug, name from products", 0),
        ("select min(slug), name from products group by name", 1),
        ("select slug, name from products where slug = 'none' union select 'x', 'y'", 2),
    ],
)
def test_both_records_with_one_text_are_looked_for(query, missed):
    db = Database()
    with twin_of(record_of(db)) as twin:
        assert twin.values[1] == "Some text" and twin.values[0] != "scenario-n-1"
        assert len(not_among(db.answer(query), [record_of(db), twin])) == missed
    assert db.ask("", "select slug from products") == [("scenario-n-1",)]


def test_a_table_that_allows_one_text_once_has_no_second_record():
    db = Database(unique=True)
    with twin_of(record_of(db)) as twin:
        assert twin is None
    assert db.ask("", "select slug from products") == [("scenario-n-1",)]
