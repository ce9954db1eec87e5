"""Answers that count the database's records correctly, and answers that do not."""

from types import SimpleNamespace as Thing

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.record_counts import counted

KNOWN = ServiceSettings(protected_counts="sees {count} products")


def said(text, count, settings=KNOWN, hidden=0):
    def ask(_member, _statement, login=None):
        return [(count + (hidden if login == "the administrator" else 0),)]

    db = Thing(ask=ask, admin="the administrator", login=Thing(user="platform"))
    door = Thing(post=lambda path, body, token: json_answer(200, {"data": {"protectedQuery": text}}))
    return counted(db, settings, {"a pod": door}, "its JWT")


def test_data_that_counts_the_records_is_right():
    assert said("0xabc sees 2 products", 2) == 2


@pytest.mark.parametrize("text", ["0xabc sees 1 products", "0xabc sees 12 products", "0xabc"])
def test_data_with_another_number_is_seen(text):
    with pytest.raises(AssertionError, match="expected the 2 records of"):
        said(text, 2)


def test_a_number_that_was_counted_before_a_record_was_written_or_deleted_is_seen():
    assert said("0xabc sees 2 products", 2) == 2
    for count in (1, 3):
        with pytest.raises(AssertionError, match=f"expected the {count} records of"):
            said("0xabc sees 2 products", count)


def test_records_that_are_hidden_from_the_services_are_seen():
    with pytest.raises(AssertionError, match="expected platform to see all 3 records"):
        said("0xabc sees 2 products", 2, hidden=1)


def test_data_of_an_unknown_form_is_not_judged():
    assert said("0xabc", 2, ServiceSettings()) == "not known here how the data shows them"
