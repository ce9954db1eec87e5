"""Further forms in which clients send queries, each of them valid: a right backend treats all of them alike.

Source: 9.7, 9.10, 9.11, 11.4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import NAMED, TYPENAME, Asked, ask, clients, named
from acceptance.drivers.api.graphql_variants import (
    INCLUDED,
    ROOT,
    beside_public,
    bodies,
    included,
    not_answered,
    root_of,
)
from acceptance.drivers.services.service import Api

OF_EDITORS = ("called as editors call theirs", "beside a question about the schema")
"""The forms of `bodies` that ask for the schema, or seem to: a service may refuse both in production."""
PLAIN = re.compile(r"\s*\{\s*[A-Za-z_]\w*\b(?!\s*:)[^#]*\}\s*")
"""A query that is one operation, without a keyword, whose first field has no other name, and without comments."""


def is_plain(query: str) -> bool:
    """Whether another field, another name or a keyword can be put before a query's first field."""
    return bool(PLAIN.fullmatch(query))


def valid_bodies(query: str, other: str, root: str = ROOT) -> dict[str, Any]:
    """Request bodies equivalent to a query, by form. `other`: a query that some of them have beside it.

    `root`: the type that queries begin with. A query that is not plain has fewer forms; another that is not is replaced
    by one that any schema can answer.
    """
    found: dict[str, Any] = bodies(query, other if is_plain(other) else TYPENAME, root)
    if not is_plain(query):
        return {form: body for form, body in found.items() if not query.lstrip().startswith("{")}
    return {form: body for form, body in found.items() if form not in OF_EDITORS} | {INCLUDED: included(query)}


def ask_in_valid_forms(
    doors: Mapping[str, Api], settings: ServiceSettings, query: str, other: str, token: str | None = None
) -> dict[str, Asked]:
    """The answers to a query in the forms of `valid_bodies`, through the first of `doors`, by endpoint and form."""
    door, first = next(iter(doors.items()))
    forms = valid_bodies(query, other, root_of(first, settings))
    return {f"{door}, {form}": ask(first, settings, query, token, body=body) for form, body in forms.items()}


def protected_forms(settings: ServiceSettings, domain: str) -> dict[str, dict[str, Any]]:
    """The protected query as clients send it, by form: arguments of `ask`. `domain`: the site's host.

    With the headers of clients, with a name, and together with the public query, in one operation and as the second.
    """
    query, public = settings.protected_query, settings.public_query
    forms: dict[str, dict[str, Any]] = {
        how: {"headers": {**headers, "Connection": "close"}} for how, headers in clients(domain).items()
    }
    forms[NAMED] = {"body": named(query, "Scenario")}
    beside = beside_public(query, public) if is_plain(query) and is_plain(public) else {}
    return forms | {form: {"body": body} for form, body in beside.items()}


def ask_protected_in_forms(api: Api, settings: ServiceSettings, domain: str, token: str) -> dict[str, Asked]:
    """The answers to `protected_forms` with a token, asked all at once: the backend may wait for auth each time."""
    forms = protected_forms(settings, domain)
    with ThreadPoolExecutor(len(forms)) as pool:
        sent = {
            form: pool.submit(ask, api, settings, settings.protected_query, token, **how) for form, how in forms.items()
        }
        return {form: answer.result() for form, answer in sent.items()}


def not_answered_with(status: int, answers: Mapping[str, Asked]) -> dict[str, str]:
    """The answers that have another status, or data beside that of an error, in words, by form."""
    return {form: said for form, asked in answers.items() if (said := not_answered(status, asked))}
