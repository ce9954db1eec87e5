"""A record among many others, which is found as a whole, in part, or not at all."""

import html
import json
import sqlite3
import unicodedata

import pytest
import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked
from acceptance.drivers.api.public_records import Record

SETTINGS = ServiceSettings()
MANY = 49


def answered(name, escaped=False, data=None):
    body = {"data": data or {"products": [{"slug": "scenario-1", "name": name}]}}
    made = requests.Response()
    made.status_code, made._content = 200, json.dumps(body, ensure_ascii=escaped).encode()
    made.request = requests.Request("POST", "https://api.example/graphql").prepare()
    made.headers["Content-Type"] = "application/graphql-response+json"
    return Asked(made, None, 0.0)


@pytest.mark.parametrize("escaped", [True, False])
def test_a_record_has_letters_of_every_length_which_are_found_however_they_are_written(escaped):
    values = Record.new(Database(), SETTINGS).values
    assert {len(letter.encode()) for letter in values[-1]} == {1, 2, 3, 4} and values[0].isascii()
    record = Record(None, SETTINGS, ("scenario-1", values[-1]))
    assert record.found_in(answered(values[-1], escaped))
    with pytest.raises(AssertionError, match="a part of"):
        record.found_in(answered(values[-1].encode("latin-1", "replace").decode("latin-1"), escaped))


def test_a_record_that_is_answered_twice_is_wrong():
    record = Record(None, SETTINGS, ("scenario-1", Record.new(Database(), SETTINGS).values[-1]))
    with pytest.raises(AssertionError, match="saw it 2 times"):
        record.found_in(answered(record.values[-1] * 2, False))


def tidied(text):
    return " ".join(text.split())


def composed(text):
    return unicodedata.normalize("NFC", text)


def cut(text):
    return text[:120]


@pytest.mark.parametrize(
    "changed", [html.escape, str.title, str.lower, str.upper, str.capitalize, tidied, composed, cut]
)
def test_a_text_that_changed_on_its_way_is_a_part_of_the_record(changed):
    record = Record(None, SETTINGS, ("scenario-1", Record.new(Database(), SETTINGS).values[-1]))
    with pytest.raises(AssertionError, match="a part of"):
        record.found_in(answered(changed(record.values[-1]), False))


class Database:
    """A table with the columns of the public query, which records the order of each statement."""

    def __init__(self):
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("create table products (slug text primary key, name text, created int default 100)")
        self.room, self.rules = [(200,)], 0
        self.connection.create_function("to_char", 2, lambda number, _: f"{number:03}")
        self.numbers = f"(select value as n from json_each('{json.dumps(list(range(1, MANY + 1)))}'))"

    def ask(self, _, statement, *values):
        if "pg_constraint" in statement:
            return [(self.rules,)]
        if "information_schema" in statement:
            return self.room if "character_maximum_length" in statement else [("created",)]
        text = (
            statement.replace("backend.products", "products").replace("::text", "").replace(" * interval '1 day'", "")
        )
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


@pytest.mark.parametrize("room", [20, 60, 120, 200])
def test_a_text_fills_the_room_of_its_column(room):
    db = Database()
    db.room = [(room,)]
    record = Record.new(db, SETTINGS)
    assert len(record.values[-1]) == len(record.change().values[-1]) == room and record.values[-1].startswith(
        "scenario-n-"
    )


def test_a_record_is_as_old_as_it_says_itself():
    db = Database()
    record = Record.new(db, SETTINGS)
    record.insert(around=MANY)
    assert record.age(60) == ["created"]
    assert db.ask("", "select slug from products where created = 40") == [(record.values[0],)]


def of(data):
    """Whether a record is found in data; its values are "key" and "text", beside another row."""
    return Record(None, SETTINGS, ("key-1", "text-1")).found_in(answered("", data=data))


ONE, OTHER = {"slug": "key-1", "name": "text-1"}, {"slug": "key-2", "name": "text-2"}
RIGHT = {
    "a list": {"products": [OTHER, ONE]},
    "edges": {"products": {"edges": [{"node": OTHER}, {"node": ONE}]}},
    "lists of values": {"products": [["key-2", "text-2"], ["key-1", "text-1"]]},
    "fields of other names": {"products": [{"id": "key-1", "label": "text-1"}]},
    "a list for each column": {"products": {"slugs": ["key-2", "key-1"], "names": ["text-1", "text-2"]}},
    "by key": {"products": {"key-1": {"name": "text-1"}, "key-2": {"name": "text-2"}}},
    "an object within": {"products": [{"Slug": "key-1", "texts": [{"lang": "en", "text": "text-1"}]}]},
    "a list of keys within": {"products": [{"keys": [{"is": "key-1"}], "name": "text-1"}]},
    "a name of something else within": {"products": [{**ONE, "kind": {"name": "book"}}]},
}


@pytest.mark.parametrize("data", RIGHT.values(), ids=RIGHT)
def test_a_row_is_found_in_whatever_form_the_answer_has(data):
    assert of(data)


PAIRED = {"products": [{"slug": "key-1", "name": "text-2"}, {"slug": "key-2", "name": "text-1"}]}
SWAPPED = {"products": [{"slug": "text-1", "name": "key-1"}]}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (PAIRED, "different rows"),
        ({"products": {"edges": [{"node": row} for row in PAIRED["products"]]}}, "different rows"),
        ({"products": [["key-1", "text-2"], ["key-2", "text-1"]]}, "different rows"),
        (SWAPPED, "slug and name has another column's value"),
        ({"products": {"Slug": "text-1", "other": "key-1"}}, "Slug has another column's value"),
    ],
)
def test_values_of_a_row_in_other_rows_or_fields_are_seen(data, said):
    with pytest.raises(AssertionError, match=said):
        of(data)


@pytest.mark.parametrize(("rules", "capital"), [(0, True), (1, False)])
def test_a_key_has_a_capital_where_no_rule_of_the_table_may_forbid_it(rules, capital):
    db = Database()
    db.rules = rules
    key = Record.new(db, SETTINGS).values[0]
    assert (key != key.lower()) is capital
    assert key != key.upper()
