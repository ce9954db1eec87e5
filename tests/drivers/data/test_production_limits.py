"""What production's YugabyteDB allows its clients."""

import copy

import pytest
from tests_support import kustomized

from acceptance.drivers.data.production_database import servers
from acceptance.drivers.data.production_limits import cut_short, too_few_connections

RENDERED = kustomized("database/overlays/production")


def told(*arguments):
    """What is said of production's tservers with more arguments, for 37 connections and queries of 2 seconds."""
    items = copy.deepcopy(RENDERED)
    servers(items)["tserver"][0]["spec"]["template"]["spec"]["containers"][0]["args"] += arguments
    return too_few_connections(items, 37) + cut_short(items, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--ysql_max_connections=40"],
        ["--ysql_max_connections=10", "--ysql_max_connections=300"],
        ["--ysql_pg_conf_csv=statement_timeout=0,idle_session_timeout=60000,lock_timeout=5s"],
        ["--ysql_pg_conf_csv=statement_timeout='2min',max_connections=100"],
        ["--ysql_max_connections=$(MOST)"],
    ],
)
def test_what_suffices_is_let_be(arguments):
    assert told(*arguments) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ysql_max_connections=10"], "production's yb-tserver takes 10 connections"),
        (["--ysql_max_connections", "39"], "takes 39 connections"),
        (["--ysql_pg_conf_csv=jit=off,max_connections=20"], "takes 20 connections"),
        (["--ysql_pg_conf_csv=statement_timeout=500"], "yb-tserver has statement_timeout=500"),
        (["--ysql_pg_conf_csv=jit=off,idle_session_timeout='1s'"], "idle_session_timeout=1s"),
        (["--ysql_pg_conf_csv=lock_timeout=100ms"], "lock_timeout=100ms"),
    ],
)
def test_what_turns_clients_away_is_told(arguments, said):
    (found,) = told(*arguments)
    assert said in found


def test_another_database_is_not_judged():
    items = kustomized("database/overlays/kind")
    assert too_few_connections(items, 1000) == cut_short(items, 1000) == []
