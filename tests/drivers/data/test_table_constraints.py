"""Writes that violate the constraints of their tables."""

import contextlib

import psycopg
import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data.table_constraints import BREAKS, make_table, silenced, taken, unchecked

REFERENCES = ("a row that refers to a missing row", "the deletion of a row that another refers to")


class Members:
    """A database that rejects constraint violations, except for the given writes."""

    admin = Login("yugabyte", "right", "alternatefutures")

    def __init__(self, takes=(), refusal=psycopg.errors.IntegrityError, off=()):
        self.takes = {BREAKS[what].format(table="t") for what in takes}
        self.refusal, self.off, self.asked = refusal, list(off), []

    def connect(self, _, login=None):
        return contextlib.nullcontext(self)

    def execute(self, statement):
        if statement not in self.takes:
            raise self.refusal("refused")

    def create(self, columns):
        return "t"

    def ask(self, member, statement, *values, login=None):
        self.asked.append(statement)
        return self.off

    def leader(self):
        return "yb-tserver-0"

    def databases(self):
        return ["alternatefutures"]


def test_who_refuses_every_such_write_is_let_be():
    assert taken(Members(), "t") == [] == silenced(Members())


def test_a_reference_that_nobody_holds_is_told():
    assert taken(Members(takes=REFERENCES), "t") == [*REFERENCES]


@pytest.mark.parametrize("error", [psycopg.errors.InsufficientPrivilege, psycopg.OperationalError])
def test_another_refusal_is_none_of_the_rule(error):
    with pytest.raises(AssertionError, match="refused"):
        taken(Members(refusal=error), "t")


def test_a_trigger_that_is_switched_off_is_told():
    found = silenced(Members(off=[("sessions", "RI_ConstraintTrigger_c_1")]))
    assert found == ["RI_ConstraintTrigger_c_1 of sessions in alternatefutures"]


def test_a_rule_that_old_rows_may_break_is_told():
    assert unchecked(Members()) == []
    assert unchecked(Members(off=[("auth.tokens", "ends_after_start")])) == [
        "ends_after_start of auth.tokens in alternatefutures was never checked"
    ]


def test_the_table_has_rows_that_refer_to_each_other():
    members = Members()
    assert make_table(members) == "t" and "references t (id)" in members.asked[0] and len(members.asked) == 2
