"""Sessions of a service's pods, as its URL says, and others."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.data.service_sessions import of_others, sessions_of

OWN = ("10.0.0.1", "platform", "alternatefutures", 3)


@pytest.mark.parametrize(
    ("other", "wrong"),
    [
        (OWN, {}),
        (("10.0.0.2", "legacy", "alternatefutures", 1), {"db-0": ["legacy in alternatefutures"]}),
        (("10.0.0.2", "platform", "postgres", 1), {"db-0": ["platform in postgres"]}),
    ],
)
def test_a_session_as_another_role_or_in_another_database_is_seen(other, wrong):
    asked = []

    def ask(member, statement, *values, login):
        asked.append((statement, values))
        return [OWN, other] if member == "db-0" else []

    login = Thing(user="platform", database="alternatefutures")
    db = Thing(names=lambda: ["db-0", "db-1"], ask=ask, login=login, admin=None)
    seen = sessions_of(db, ["10.0.0.1", "10.0.0.2"])
    assert of_others(db, seen) == wrong and [*seen] == ["db-0"]
    assert asked[0][1] == (["10.0.0.1", "10.0.0.2"],)
