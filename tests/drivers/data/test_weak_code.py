"""Code of the database that gives a commit's durability away."""

import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data.weak_code import CODE, weak_code, weakened_by


@pytest.mark.parametrize(
    "code",
    [
        "BEGIN PERFORM set_config('synchronous_commit','off',true); RETURN NEW; END",
        "SELECT pg_catalog.set_config('synchronous_commit'::text, 'local'::text, true)",
        "BEGIN SET LOCAL synchronous_commit TO off; END",
        "CREATE FUNCTION auth.fast() RETURNS trigger\n SET synchronous_commit TO 'off'\nAS $f$ begin end $f$",
        "EXECUTE 'set session_replication_role = ''replica''';",
        "set_config(E'synchronous_commit', E'off', /* for this transaction */ true)",
    ],
)
def test_code_that_waits_for_no_disk_is_told(code):
    assert len(weakened_by(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "SET LOCAL synchronous_commit TO on; SELECT 'off'",
        "-- never: SET synchronous_commit TO off\nRETURN NEW",
        "/* set_config('fsync', 'off', true) */ RETURN NEW",
        "IF current_setting('synchronous_commit') = 'off' THEN RAISE EXCEPTION 'no'; END IF",
        "SELECT set_config('work_mem', '64MB', true)",
        "",
    ],
)
def test_other_code_is_let_be(code):
    assert weakened_by(code) == []


class Members:
    """Two databases, one of which has a function."""

    admin = Login("yugabyte", "right", "alternatefutures")

    def leader(self):
        return "yb-tserver-0"

    def databases(self):
        return ["alternatefutures", "postgres"]

    def ask(self, member, statement, login):
        assert (member, statement) == ("yb-tserver-0", CODE)
        return [("auth.fast", "SET fsync TO off"), ("x", None)] if login.database == "alternatefutures" else []


def test_each_database_is_searched():
    assert weak_code(Members()) == ["auth.fast in alternatefutures sets fsync off"]
