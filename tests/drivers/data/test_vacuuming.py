"""Vacuuming that never happens."""

import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data.vacuuming import SETTINGS, SPARED, never_vacuumed

HEALTHY = {
    "autovacuum": "on", "track_counts": "on", "autovacuum_naptime": "60", "autovacuum_vacuum_scale_factor": "0.2",
    "autovacuum_vacuum_threshold": "50",
}  # fmt: skip


class Members:
    """Two members, the second with other settings, and a database with tables that autovacuum leaves out."""

    admin = Login("yugabyte", "right", "alternatefutures")

    def __init__(self, spared=(), **settings):
        self.spared, self.settings = list(spared), {**HEALTHY, **settings}

    def names(self):
        return ["yb-tserver-0", "yb-tserver-1"]

    def leader(self):
        return "yb-tserver-0"

    def databases(self):
        return ["alternatefutures"]

    def ask(self, member, statement, login):
        if statement == SPARED:
            return self.spared
        assert statement == SETTINGS
        return list((HEALTHY if member == "yb-tserver-0" else self.settings).items())


@pytest.mark.parametrize(
    "settings",
    [{}, {"autovacuum_naptime": "3600"}, {"autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "1e5"}],
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
    ],
)
def test_vacuuming_that_never_comes_is_told(key, value):
    assert never_vacuumed(Members(**{key: value})) == [f"{key} is {value} on yb-tserver-1"]


def test_a_table_that_is_left_out_is_told():
    seen = never_vacuumed(Members([("auth.personal_access_tokens", "")]))
    assert seen == ["autovacuum is off for auth.personal_access_tokens in alternatefutures"]
