"""Functions with an administrator's rights."""

import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data.ruling_functions import FUNCTIONS, rules, ruling_functions


def plpgsql(body):
    """A function as PostgreSQL prints it."""
    return (
        "CREATE OR REPLACE FUNCTION public.run(t text)\n RETURNS void\n LANGUAGE plpgsql\n SECURITY DEFINER\n"
        f"AS $function$ BEGIN {body} END $function$\n"
    )


@pytest.mark.parametrize(
    "body",
    [
        "EXECUTE t;",
        "execute 'select ' || t into found;",
        "EXECUTE format('select %s', t);",
        "EXECUTE format('select %1$s', t);",
        "EXECUTE $1;",
        "ALTER ROLE platform SUPERUSER;",
        "EXECUTE format('CREATE ROLE %I', t);",
        "PERFORM rolpassword FROM pg_authid;",
        "COPY t FROM PROGRAM 'id';",
        "PERFORM pg_read_file(t);",
    ],
)
def test_a_function_that_makes_an_administrator_is_told(body):
    assert rules(plpgsql(body))


@pytest.mark.parametrize(
    "body",
    [
        "EXECUTE 'REFRESH MATERIALIZED VIEW auth.numbers';",
        "EXECUTE format('TRUNCATE %I.%I', 'auth', t);",
        "EXECUTE 'ANALYZE ' || quote_ident(t);",
        "EXECUTE 'select count(*) from auth.tokens where role = $1' INTO found USING t;",
        "-- EXECUTE t;\nDELETE FROM auth.challenges WHERE role = t;",
        "PERFORM pg_notify('copy', t);",
        "",
    ],
)
def test_a_function_for_one_purpose_is_let_be(body):
    assert not rules(plpgsql(body))


class Members:
    """Two databases, one of which has a function."""

    login = Login("platform", "right", "alternatefutures")
    admin = Login("yugabyte", "right", "alternatefutures")

    def leader(self):
        return "yb-tserver-0"

    def databases(self):
        return ["alternatefutures", "postgres"]

    def ask(self, member, statement, *values, login):
        assert (member, statement, set(values)) == ("yb-tserver-0", FUNCTIONS, {"platform"})
        return [("public.run", plpgsql("EXECUTE t;")), ("x", None)] if login.database == "postgres" else []


def test_each_database_is_searched():
    assert ruling_functions(Members()) == ["the owner of public.run in postgres"]
