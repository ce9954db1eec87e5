"""One query in the various forms that GraphQL and HTTP allow; the same rules apply to each. Source: 9.9, 9.10."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked, ask, named
from acceptance.drivers.services.service import Api, in_words, now

INTROSPECTION = "IntrospectionQuery"
"""The name that GraphQL editors give to their introspection query."""
NO_SUCH_METHOD = 501
"""The status for a method that a server does not implement."""


def bearer(token: str | None) -> dict[str, str]:
    """The header that carries a token; none without one."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def bodies(query: str) -> dict[str, str]:
    """Request bodies equivalent to a query, by form: a check of names or of the query's text may mistake them.

    A query that begins with a keyword, as some services' do, has fewer forms.
    """
    changed = {
        "called as editors call theirs": named(query, INTROSPECTION),
        "beside a question about the schema": {"query": query.replace("{", "{ __schema { queryType { name } } ", 1)},
        "in a fragment": {"query": f"{{ ... {query} }}"},
        "under another name": {"query": query.replace("{", "{ other: ", 1)},
    }
    escaped = "".join(f"\\u{ord(character):04x}" for character in query)
    found = {form: json.dumps(body) for form, body in changed.items() if query.lstrip().startswith("{")}
    return {**found, "with each character escaped": f'{{"query": "{escaped}"}}'}


def ask_by_get(api: Api, settings: ServiceSettings, query: str, token: str | None = None) -> Asked:
    """The answer to a query in the URL: GraphQL over HTTP specifies it, but a service need not support it."""
    since, began = now(), time.monotonic()
    answer = api.get(f"{settings.graphql_path}?{urlencode({'query': query})}", headers=bearer(token))
    return Asked(answer, since, time.monotonic() - began)


def ask_in_forms(doors: Mapping[str, Api], settings: ServiceSettings, token: str | None) -> dict[str, Asked]:
    """The answers to the protected query with a token or none, by endpoint and form; `bodies` go to the first one."""
    query = settings.protected_query
    answers = {f"{door}, by GET": ask_by_get(api, settings, query, token) for door, api in doors.items()}
    door, first = next(iter(doors.items()))
    return answers | {
        f"{door}, {form}": ask(first, settings, query, token, body=body) for form, body in bodies(query).items()
    }


def ask_in_small_letters(api: Api, settings: ServiceSettings, token: str) -> Asked:
    """The answer to the protected query with the scheme `bearer`: schemes ignore case (RFC 9110, 11.1)."""
    return ask(api, settings, settings.protected_query, headers={"Authorization": f"bearer {token}"})


def let_in(asked: Asked) -> str:
    """How an answer grants access, or fails with 5xx; empty if neither: the form itself may be refused."""
    try:
        body = asked.answer.json()
    except requests.JSONDecodeError:
        body = None
    data = body.get("data") if isinstance(body, dict) else None
    # The schema is public.
    if isinstance(data, dict) and any(value is not None for key, value in data.items() if key != "__schema"):
        return f"it comes with data: {in_words(asked.answer)}"
    return in_words(asked.answer) if asked.status >= 500 and asked.status != NO_SUCH_METHOD else ""
