"""A record among many others, which is found as a whole, in part, or not at all."""

import html
import json
import sqlite3

import pytest
import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked
from acceptance.drivers.api.public_records import Record

SETTINGS = ServiceSettings()
MANY = 49


def answered(name, escaped):
    body = {"data": {"products": [{"slug": "scenario-1", "name": name}]}}
    made = requests.Response()
    made.status_code, made._content = 200, json.dumps(body, ensure_ascii=escaped).encode()
    made.request = requests.Request("POST", "https://api.example/graphql").prepare()
    made.headers["Content-Type"] = "application/graphql-response+json"
    return Asked(made, None, 0.0)


@pytest.mark.parametrize("escaped", [True, False])
def test_a_record_has_letters_of_every_length_which_are_found_however_they_are_written(escaped):
    values = Record.new(None, SETTINGS).values
    assert {len(letter.encode()) for letter in values[-1]} == {1, 2, 3, 4} and values[0].isascii()
    record = Record(None, SETTINGS, ("scenario-1", values[-1]))
    assert record.found_in(answered(values[-1], escaped))
    with pytest.raises(AssertionError, match="a part of"):
        record.found_in(answered(values[-1].encode("latin-1", "replace").decode("latin-1"), escaped))


@pytest.mark.parametrize("changed", [html.escape, str.title, str.lower, str.upper, str.capitalize])
def test_a_text_that_changed_on_its_way_is_a_part_of_the_record(changed):
    record = Record(None, SETTINGS, ("scenario-1", Record.new(None, SETTINGS).values[-1]))
    with pytest.raises(AssertionError, match="a part of"):
        record.found_in(answered(changed(record.values[-1]), False))


class Database:
    """A table with the columns of the public query, which records the order of each statement."""

    def __init__(self):
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("create table products (slug text primary key, name text)")
        self.connection.create_function("to_char", 2, lambda number, _: f"{number:03}")
        self.numbers = f"(select value as n from json_each('{json.dumps(list(range(1, MANY + 1)))}'))"

    def ask(self, _, statement, *values):
        text = statement.replace("backend.products", "products").replace("::text", "")
        text = text.replace(f"generate_series(1, {MANY})", self.numbers)
        return self.connection.execute(text.replace("%s", "?"), values).fetchall()


def test_a_record_is_neither_among_the_first_nor_the_last_and_leaves_nothing_behind():
    db = Database()
    record = Record.new(db, SETTINGS)
    record.insert(around=MANY)
    slugs = [slug for (slug,) in db.ask("", "select slug from products order by slug")]
    assert len(slugs) == 2 * MANY + 1 and slugs.index(record.values[0]) == MANY
    record.delete()
    assert db.ask("", "select slug from products") == []


def test_a_record_is_changed_and_stays_the_same_row():
    db = Database()
    record = Record.new(db, SETTINGS)
    record.insert(around=MANY)
    changed = record.change()
    assert changed.values[0] == record.values[0] and changed.values[1] != record.values[1]
    assert changed.values in db.ask("", "select slug, name from products")
    assert record.values not in db.ask("", "select slug, name from products")
    record.delete()
    assert db.ask("", "select slug from products") == []
