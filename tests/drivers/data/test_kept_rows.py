"""Rows that a script loses, by what psql prints of it."""

import pytest

from acceptance.drivers.data.kept_rows import AFTER, BEFORE, ROW_IN_EACH, count, lost
from acceptance.drivers.data.password_rotation import ENDS, QUOTED


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"auth.tokens": 3, "backend.My table": 1}, []),
        ({"auth.tokens": 4, "backend.My table": 1, "backend.new": 0}, []),
        ({"auth.tokens": 2, "backend.My table": 1}, ["auth.tokens has 2 rows in place of 3"]),
        ({"backend.My table": 0}, ["auth.tokens is gone", "backend.My table has 0 rows in place of 1"]),
    ],
)
def test_tables_with_fewer_rows_are_told(after, told):
    before = {"auth.tokens": 3, "backend.My table": 1}
    moments = ((BEFORE, before), (AFTER, after))
    printed = [f"{moment} {table} {rows}" for moment, seen in moments for table, rows in seen.items()]
    assert lost("\n".join([*printed, "SCRAM-SHA-256$4096:c2FsdA==$a:b", ""])) == told


def test_each_moment_has_a_name_of_its_own():
    assert BEFORE in count(BEFORE) and AFTER in count(AFTER) and BEFORE not in count(AFTER)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("SELECT 1;\nCOMMIT;", True),
        ("end;", True),
        ("DO $$\nBEGIN\nEND $$;", False),
        ("CREATE FUNCTION f() AS $body$\nBEGIN\nEND\n$body$;", False),
        ("DO $$\nBEGIN\nEND $$;\nROLLBACK;", True),
        (ROW_IN_EACH, False),
    ],
)
def test_the_end_of_a_body_ends_no_transaction(text, ends):
    assert bool(ENDS.search(QUOTED.sub("", text))) is ends
