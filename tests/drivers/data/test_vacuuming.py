"""Vacuuming that never happens."""

import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data.archiving import NOWHERE, PROGRESS, SEGMENT, UNARCHIVED
from acceptance.drivers.data.vacuuming import HELD, OPTIONS, SETTINGS, never_vacuumed

HEALTHY = {
    "autovacuum": "on", "track_counts": "on", "autovacuum_naptime": "60", "autovacuum_vacuum_scale_factor": "0.2",
    "autovacuum_vacuum_threshold": "50", "autovacuum_freeze_max_age": "200000000",
    "autovacuum_multixact_freeze_max_age": "400000000", "autovacuum_vacuum_cost_delay": "2",
    "autovacuum_vacuum_cost_limit": "-1", "vacuum_cost_delay": "0", "vacuum_cost_limit": "200",
}  # fmt: skip


class Members:
    """Two members, the second with other settings, a database whose tables have options, and transactions left open."""

    admin = Login("yugabyte", "right", "alternatefutures")

    def __init__(self, *options, held=(), **settings):
        self.answers = {OPTIONS: [("auth.personal_access_tokens", text) for text in options], HELD: list(held)}
        self.settings = {**HEALTHY, **settings}

    def names(self):
        return ["yb-tserver-0", "yb-tserver-1"]

    def leader(self):
        return "yb-tserver-0"

    def databases(self):
        return ["alternatefutures"]

    def ask(self, member, statement, login):
        if statement in self.answers:
            return self.answers[statement]
        assert statement == SETTINGS
        return list((HEALTHY if member == "yb-tserver-0" else self.settings).items())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"autovacuum_naptime": "3600"},
        {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "1e5"},
        {"autovacuum_freeze_max_age": "1000000000"},
        {"autovacuum_vacuum_cost_delay": "20"},
        {"autovacuum_vacuum_cost_delay": "0", "autovacuum_vacuum_cost_limit": "1"},
        {"autovacuum_vacuum_cost_delay": "-1", "vacuum_cost_delay": "0"},
        {"autovacuum_vacuum_cost_delay": "100", "vacuum_cost_limit": "10000"},
    ],
)
def test_vacuuming_that_comes_late_is_let_be(settings):
    assert never_vacuumed(Members(**settings)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("autovacuum", "off"),
        ("track_counts", "off"),
        ("autovacuum_naptime", "2147483"),
        ("autovacuum_vacuum_scale_factor", "100"),
        ("autovacuum_vacuum_threshold", "2000000000"),
        ("autovacuum_freeze_max_age", "2000000000"),
        ("autovacuum_multixact_freeze_max_age", "2000000000"),
    ],
)
def test_vacuuming_that_never_comes_is_told(key, value):
    assert never_vacuumed(Members(**{key: value})) == [f"{key} is {value} on yb-tserver-1"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"autovacuum_vacuum_cost_delay": "100", "autovacuum_vacuum_cost_limit": "1"}, "100 ms after 1 units"),
        ({"autovacuum_vacuum_cost_delay": "100"}, "100 ms after 200 units"),
        ({"autovacuum_vacuum_cost_delay": "-1", "vacuum_cost_delay": "50"}, "50 ms after 200 units"),
    ],
)
def test_vacuuming_that_never_ends_is_told(settings, said):
    (found,) = never_vacuumed(Members(**settings))
    assert said in found and found.endswith("on yb-tserver-1")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["autovacuum_enabled=false"], "autovacuum is off for {}"),
        (["autovacuum_vacuum_threshold=2000000000"], "autovacuum_vacuum_threshold is 2000000000 for {}"),
        (["autovacuum_vacuum_scale_factor=100"], "autovacuum_vacuum_scale_factor is 100 for {}"),
        (
            ["autovacuum_vacuum_cost_delay=100", "autovacuum_vacuum_cost_limit=1"],
            "vacuuming pauses for 100 ms after 1 units of work (autovacuum_vacuum_cost_delay) for {}",
        ),
    ],
)
def test_a_table_that_is_left_out_is_told(options, said):
    assert never_vacuumed(Members(*options)) == [said.format("auth.personal_access_tokens in alternatefutures")]


@pytest.mark.parametrize(
    "option",
    [
        "autovacuum_enabled=true",
        "autovacuum_vacuum_threshold=5000",
        "autovacuum_vacuum_insert_threshold=-1",
        "autovacuum_vacuum_cost_limit=2000",
    ],
)
def test_a_table_with_options_that_do_no_harm_is_let_be(option):
    assert never_vacuumed(Members(option)) == []


def test_a_transaction_that_nobody_goes_on_with_is_told():
    found = never_vacuumed(Members(held=[("a session of platform (report)", "4711")]))
    assert found == ["a session of platform (report) is left in a transaction (4711)"]


def test_no_statement_has_what_psycopg_takes_for_a_placeholder():
    assert not any("%" in text for text in (HELD, OPTIONS, SETTINGS, NOWHERE, PROGRESS, SEGMENT, UNARCHIVED))
