"""Files of tables and indexes that a member lacks."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data.relation_files import files_everywhere

LOGIN = Login("yugabyte", "right", "alternatefutures")


def members(**lacking):
    """Three members, of which some lack a relation."""
    every = ["backend.products", "backend.products_pkey"]

    def ask(member, statement, login):
        assert "pg_relation_size" in statement and login.database == "alternatefutures"
        return [(name,) for name in every if name != lacking.get(member)]

    return Thing(names=lambda: ["m0", "m1", "m2"], ask=ask, admin=LOGIN, login=LOGIN)


def test_files_that_are_everywhere_are_counted():
    assert files_everywhere(members()) == 2


@pytest.mark.parametrize("member", ["m0", "m2"])
def test_a_missing_file_is_named_wherever_it_is(member):
    with pytest.raises(AssertionError, match=rf"{member}.*backend\.products_pkey"):
        files_everywhere(members(**{member: "backend.products_pkey"}))
