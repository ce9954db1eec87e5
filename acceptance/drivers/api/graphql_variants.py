"""One query in the various forms that GraphQL and HTTP allow; the same rules apply to each. Source: 9.9, 9.10."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import TYPENAME, Asked, ask, named, not_refused
from acceptance.drivers.services.service import Api, fields, in_words, now

PART = "part-of-a-query"
"""What separates the parts of a body."""
INTROSPECTION = "IntrospectionQuery"
"""The name that GraphQL editors give to their introspection query."""
WITHOUT_TOKEN = ("Bearer", "Basic YTpi", "abc.def.ghi")
"""Headers of a client that has no token, of one that sends a name and a password, and of one that forgot the scheme."""
MALFORMED = (400, 401)
"""Statuses of a request whose credentials are missing or malformed (RFC 6750, 3.1)."""
NO_SUCH_METHOD = 501
"""The status for a method that a server does not implement."""
OPEN = "forEveryone"
"""The name that the public query's data gets beside the protected query."""
INCLUDED = "with a variable that includes its fields"
"""How client libraries leave parts of a query out: variables and @include (GraphQL, 3.13.2)."""
NAMED_FRAGMENT = "in a fragment with a name"
"""How Relay and Apollo write each query (GraphQL, 2.8)."""
ROOT = "Query"
"""The usual name of the type that queries begin with."""
FOR_EVERYONE = ("__schema", OPEN)
"""The fields of an answer's data that are public."""


def bearer(token: str | None) -> dict[str, str]:
    """The header that carries a token; none without one."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def beside_public(query: str, public: str) -> dict[str, dict[str, str]]:
    """Request bodies with a query after the public one, by form: a check of the first one alone lets both through.

    Queries that begin with a keyword have none.
    """
    first, second = (text.strip() for text in (public.replace("{", f"{{ {OPEN}: ", 1), query))
    if not (first.startswith("{") and second.startswith("{")):
        return {}
    operations = f"query Open {first} query Own {second}"
    return {
        "beside what is for everyone": {"query": f"{{ {first[1:-1]} {second[1:-1]} }}"},
        "as the second of two that the document has": {"query": operations, "operationName": "Own"},
    }


def included(query: str) -> dict[str, Any]:
    """The body of a query whose fields a variable includes, beside one that any schema has."""
    text = f"query Scenario($wanted: Boolean!) {{ {OPEN}: __typename ... @include(if: $wanted) {query.strip()} }}"
    return {"query": text, "operationName": "Scenario", "variables": {"wanted": True}}


def root_of(api: Api, settings: ServiceSettings) -> str:
    """The name of the type that queries begin with, which fragments have to name; ROOT where it is not said."""
    found = ask(api, settings, TYPENAME, body=json.dumps({"query": TYPENAME})).answer
    data = fields(found.text).get("data") if found.status_code == 200 else None
    return str((data or {}).get("__typename") or ROOT)


def bodies(query: str, public: str, root: str = ROOT) -> dict[str, str]:
    """Request bodies equivalent to a query, by form: a check of names or of the query's text may mistake them.

    A query that begins with a keyword, as some services' do, has fewer forms. `public`: the public query. `root`: the
    type that queries begin with.
    """
    changed: dict[str, dict[str, Any]] = {
        "called as editors call theirs": named(query, INTROSPECTION),
        "beside a question about the schema": {"query": query.replace("{", "{ __schema { queryType { name } } ", 1)},
        "in a fragment": {"query": f"{{ ... {query} }}"},
        NAMED_FRAGMENT: {"query": f"query {{ ...Part }} fragment Part on {root} {query.strip()}"},
        "under another name": {"query": query.replace("{", "{ other: ", 1)},
        **beside_public(query, public),
    }
    escaped = "".join(f"\\u{ord(character):04x}" for character in query)
    found = {form: json.dumps(body) for form, body in changed.items() if query.lstrip().startswith("{")}
    return {**found, "with each character escaped": f'{{"query": "{escaped}"}}'}


def encoded(query: str) -> dict[str, tuple[str, str]]:
    """A query in other encodings than JSON, by form: a media type, and a body. A service need not support them."""
    operations = {"operations": json.dumps({"query": query}), "map": "{}"}
    parts = [
        f'--{PART}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in operations.items()
    ]
    return {
        "as a form": ("application/x-www-form-urlencoded", urlencode({"query": query})),
        "as the whole body": ("application/graphql", query),
        "in parts": (f"multipart/form-data; boundary={PART}", "".join([*parts, f"--{PART}--\r\n"])),
    }


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
    forms = bodies(query, settings.public_query, root_of(first, settings))
    forms |= {INCLUDED: json.dumps(included(query))} if query.lstrip().startswith("{") else {}
    answers |= {f"{door}, {form}": ask(first, settings, query, token, body=body) for form, body in forms.items()}
    return answers | {f"{door}, {form}": asked for form, asked in ask_encoded(first, settings, query, token).items()}


def ask_encoded(api: Api, settings: ServiceSettings, query: str, token: str | None) -> dict[str, Asked]:
    """The answers to a query in each other encoding than JSON, by form."""
    found = {}
    for form, (kind, body) in encoded(query).items():
        since, began = now(), time.monotonic()
        answer = api.post(settings.graphql_path, token=token, data=body, headers={"Content-Type": kind})
        found[form] = Asked(answer, since, time.monotonic() - began)
    return found


def ask_in_small_letters(api: Api, settings: ServiceSettings, token: str) -> Asked:
    """The answer to the protected query with the scheme `bearer`: schemes ignore case (RFC 9110, 11.1)."""
    return ask(api, settings, settings.protected_query, headers={"Authorization": f"bearer {token}"})


def ask_without_token(api: Api, settings: ServiceSettings) -> dict[str, Asked]:
    """The answers to the protected query with an Authorization header that has no bearer token, by the header."""
    return {
        header: ask(api, settings, settings.protected_query, headers={"Authorization": header})
        for header in WITHOUT_TOKEN
    }


def not_unauthorized(asked: Asked) -> str:
    """Why an answer to a header without a token is no refusal; empty if it is: the header itself may be refused."""
    if asked.status in MALFORMED:
        return with_data(asked)
    return not_refused(asked, "Unauthorized")


def ask_wrongly(api: Api, settings: ServiceSettings) -> list[requests.Response]:
    """The answers to requests that are wrong: no JSON, no query, an unknown field, an unknown path."""
    sent = ("{", "{}", json.dumps({"query": "{"}), json.dumps({"query": "{ noSuchField }"}))
    return [*(api.post(settings.graphql_path, body) for body in sent), api.get("/no-such-path")]


def with_data(asked: Asked) -> str:
    """That an answer has data which is not public; empty if it has none."""
    try:
        body = asked.answer.json()
    except requests.JSONDecodeError:
        body = None
    data = body.get("data") if isinstance(body, dict) else None
    found = isinstance(data, dict) and any(value is not None for key, value in data.items() if key not in FOR_EVERYONE)
    return f"it comes with data: {in_words(asked.answer)}" if found else ""


def not_answered(status: int, asked: Asked) -> str:
    """How an answer to the protected query is not of a status, or has data although it is an error's; empty if neither.

    Clients of GraphQL take data whatever the status.
    """
    if asked.status != status:
        return in_words(asked.answer)
    return with_data(asked) if status >= 400 else ""


def let_in(asked: Asked) -> str:
    """How an answer grants access, or fails with 5xx; empty if neither: the form itself may be refused."""
    broken = asked.status >= 500 and asked.status != NO_SUCH_METHOD
    return with_data(asked) or (in_words(asked.answer) if broken else "")
