"""How many records the protected query says there are, held against the database. Source: 9.10."""

from __future__ import annotations

from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.sql import Login
from acceptance.drivers.api.graphql import ask_everywhere, shows
from acceptance.drivers.data.database import SERVICE, Database
from acceptance.drivers.services.service import Api


def records(db: Database, settings: ServiceSettings, login: Login | None = None) -> int:
    """The rows of the table that the services' queries read, as a role sees them: without `login` the services' own."""
    ((count,),) = db.ask(SERVICE, f"select count(*) from {settings.public_table}", login=login)
    return int(count)


def all_shown(db: Database, settings: ServiceSettings) -> int:
    """The rows of that table. Raises AssertionError if the services' role sees fewer of them than the administrator.

    Row level security hides rows from a role without an error. Ask again: others may write records in between.
    """
    count, every = records(db, settings), records(db, settings, db.admin)
    assert count == every, (
        f"expected {db.login.user} to see all {every} records of {settings.public_table}, but the database shows it "
        f"{count} (row level security?)"
    )
    return count


def counted(db: Database, settings: ServiceSettings, doors: dict[str, Api], token: str) -> int | str:
    """The number of records, which the data of the protected query shows at each endpoint.

    Raises AssertionError if it shows another, or if the database hides records from the services' role: ask again,
    since others may write records at the same time. Nothing is
    judged where the environment file does not say how the query shows it (`protected_counts`).
    """
    if not settings.protected_counts:
        return "not known here how the data shows them"
    count = all_shown(db, settings)
    wanted = settings.protected_counts.format(count=count)
    answers = ask_everywhere(doors, settings, settings.protected_query, token)
    wrong = {door: data for door, asked in answers.items() if not shows(data := asked.data(), wanted)}
    assert answers and not wrong, (
        f"expected the {count} records of {settings.public_table}, saw {wrong or 'no answers'}"
    )
    return count
