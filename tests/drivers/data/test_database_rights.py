"""Rights of an administrator that the services' role was granted."""

import base64
from types import SimpleNamespace as Thing

import pytest

from acceptance.clients.sql import Login
from acceptance.drivers.data import database_rights as rights


class Members:
    """Two databases, the first of which answers these queries with these rows."""

    login = Login("platform", "the-services-own", "alternatefutures")
    admin = Login("yugabyte", "the-administrators", "alternatefutures")

    def __init__(self, answers=None, version=15):
        self.answers, self.version = answers or {}, version
        values = {key: base64.b64encode(text.encode()).decode() for key, text in (
            ("SUPERUSER_PASSWORD", self.admin.password), ("DATABASE_URL", "postgresql://platform:the-services-own@x/y"),
        )}  # fmt: skip
        core = Thing(list_namespaced_secret=lambda _: Thing(items=[Thing(data=values)]))
        self.namespace = Thing(name="default", cluster=Thing(core=core))

    def leader(self):
        return "yb-tserver-0"

    def databases(self):
        return ["alternatefutures", "postgres"]

    def ask(self, member, statement, *values, login):
        assert statement.count("%s") == len(values) and {*values} <= {"platform"}
        if statement == rights.HAS_PARAMETERS:
            return [("pg_parameter_acl" if self.version >= 15 else None,)]
        assert statement != rights.PARAMETERS or self.version >= 15
        return self.answers.get(statement, []) if login.database == "alternatefutures" else []


def test_a_role_without_such_rights_is_let_be():
    assert rights.given(Members()) == [] == rights.given(Members({rights.PARAMETERS: [("x",)]}, version=11))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({rights.SECRETS: [("pg_authid.rolpassword",)]}, "who may read pg_authid.rolpassword in alternatefutures"),
        ({rights.FUNCTIONS: [("pg_read_file(text)",)]}, "who may call pg_read_file(text) in alternatefutures"),
        ({rights.PARAMETERS: [("archive_command",)]}, "who may set archive_command by ALTER SYSTEM"),
        (
            {rights.MAPPINGS: [("self", "user=yugabyte"), ("self", "password=the-administrators")]},
            "whose password the foreign server self in alternatefutures has",
        ),
    ],
)
def test_what_it_was_granted_is_told(answers, said):
    assert rights.given(Members(answers)) == [said]


@pytest.mark.parametrize("word", ["the-services-own", "of-another-database"])
def test_a_foreign_server_may_have_a_password_that_gives_it_nothing_here(word):
    assert rights.given(Members({rights.MAPPINGS: [("other", f"password={word}")]})) == []
