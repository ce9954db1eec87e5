"""Times of tokens in every form that a service may store."""

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import token_validation
from acceptance.drivers.api.token_times import set_back, stored_time

NOON = 1795953600


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-29T12:00:00+00:00", "2026-11-29T07:00:00.00000-05:00", "2026-11-29T12:00:00", "2026-11-29 12:00:00+00",
        NOON, float(NOON), NOON * 1000, str(NOON),
    ],
)  # fmt: skip
def test_a_stored_time_has_several_forms(value):
    assert stored_time(value) == NOON


def test_a_time_that_never_comes_is_one():
    assert stored_time("infinity") == float("inf")


@pytest.mark.parametrize("is_number", [False, True])
def test_each_column_is_set_back_by_one_parameter(is_number):
    assert set_back("ends", is_number=is_number).count("%s") == 1


def test_a_table_with_numbers_for_times_is_aged():
    said = []

    def ask(_, statement, *values):
        said.append((statement, values))
        if "information_schema" in statement:
            return [("ends",), ("given",)]
        return [("ends",)] if "pg_attribute" in statement else [(NOON * 1000, "0xabc")]

    class Db:
        """A table whose expiry time is a number."""

    Db.ask = staticmethod(ask)
    settings = ServiceSettings(tokens_expiry_column="ends")
    assert token_validation.age(Db(), settings, "token")["expires"] == NOON
    ((update, values),) = [item for item in said if item[0].startswith("update")]
    assert '"given" = "given" - make_interval' in update and '"ends" = "ends" - (%s::float8' in update
    assert update.count("%s") == len(values)
