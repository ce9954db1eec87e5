"""GraphQL requests of the backend's clients, and the content of the answers. Source: 9.7 to 9.11, 12.2."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from acceptance.base.conditions import as_json
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.sign_in_headers import of_page
from acceptance.drivers.services.service import KEEP, Api, in_words, now

OFTEN = 20
"""How many requests each of several users sends while the others do."""
AT_ONCE = 4
"""Concurrent requests: more would measure the machine instead of the service."""
LOGS = "kubectl logs -l app=backend-service"
TURNS = 6
"""Requests over one connection with a valid token, and then as many without it: three for each of two pods."""
CLIENTS = {
    "as Apollo Client accepts": {"Accept": "application/graphql-response+json,application/json;q=0.9", **KEEP},
    "as Apollo Client 3 accepts": {"Accept": "multipart/mixed;deferSpec=20220824,application/json", **KEEP},
    "as axios accepts": {"Accept": "application/json, text/plain, */*", **KEEP},
    "as urql accepts": {
        "Accept": "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
        "multipart/mixed",
        **KEEP,
    },
    "with nothing compressed": {"Accept-Encoding": "identity", **KEEP},
    "with the name of its charset": {"Content-Type": "application/json; charset=utf-8"},
}
"""Headers that the standards (GraphQL over HTTP, HTTP) permit to clients. The last request closes the connection."""
PAGE = "as a page of the site does"
"""With the headers that a browser adds, among them Origin."""
NAMED = "with a name and variables"
"""How client libraries send a query; a query written by hand lacks these fields."""
NULLS = "with null where it has no name and no variables"
"""How libraries of typed languages send a query; null means the same as a missing field (GraphQL over HTTP, 5.1)."""
EXTENSIONS = "with extensions, of which it has none"
"""How Apollo Client sends a query (GraphQL over HTTP, 5.1)."""
CHUNKED = "in chunks, without its length"
"""How proxies and streaming clients send a body (RFC 9112, 7.1)."""
TYPENAME = "{ __typename }"
"""A query that any schema can answer."""
MEDIA_TYPES = ("application/json", "application/graphql-response+json", "application/graphql+json")
"""Media types of GraphQL answers (GraphQL over HTTP, 4; the last one is of its drafts): clients parse no others."""


@dataclass
class Asked:
    """An answer, when it was requested, and the seconds that it took."""

    answer: requests.Response
    since: Any
    seconds: float

    @property
    def status(self) -> int:
        """The answer's HTTP status."""
        return self.answer.status_code

    def describe(self) -> dict[str, Any]:
        """The answer in words, and the seconds that it took."""
        return {"answer": in_words(self.answer), "seconds": round(self.seconds, 2)}

    def body(self) -> dict[str, Any]:
        """The answer's JSON, which is UTF-8 whatever its headers say. Raises AssertionError unless it is an object."""
        body = as_json(self.answer.content.decode(errors="replace"))
        assert isinstance(body, dict), f"expected a JSON object as GraphQL answer, but {in_words(self.answer)}"
        return body

    def data(self) -> dict[str, Any]:
        """The answer's data. Raises AssertionError if there is none, a field is null, or errors come with it."""
        body = self.body()
        data = body.get("data") or {}
        complete = data and all(value is not None for value in data.values())
        assert self.status == 200 and not body.get("errors") and complete, (
            f"expected data without errors, but {in_words(self.answer)}. Try: {LOGS}"
        )
        wrong = wrong_media_type(self.answer)
        assert not wrong, f"expected data as {MEDIA_TYPES[0]}, but {in_words(self.answer)}{wrong}. Try: {LOGS}"
        return dict(data)

    def refused(self, message: str) -> None:
        """Raise AssertionError unless the answer is exactly this GraphQL error, without data, as GraphQL has it."""
        errors = [error.get("message") for error in self.body().get("errors") or []]
        data = self.body().get("data") or {}
        assert self.status < 500 and errors == [message], (
            f"expected the error {message} and no other, but {in_words(self.answer)}"
        )
        assert not any(data.values()), f"expected no data beside the error {message}, saw {data}"
        wrong = wrong_media_type(self.answer)
        assert not wrong, f"expected the error as {MEDIA_TYPES[0]}, but {in_words(self.answer)}{wrong}. Try: {LOGS}"


def not_refused(asked: Asked, message: str) -> str:
    """Why an answer is not exactly this GraphQL error, without data; empty if it is."""
    try:
        asked.refused(message)
    except AssertionError as error:
        return str(error)
    return ""


def wrong_media_type(answer: requests.Response) -> str:
    """An answer's media type, in words, if it is none of GraphQL's; otherwise empty."""
    seen = answer.headers.get("Content-Type", "")
    return "" if seen.partition(";")[0].strip().lower() in MEDIA_TYPES else f" ({seen or 'without a Content-Type'})"


def is_data(answer: requests.Response) -> bool:
    """Whether an answer has the data that TYPENAME asks for, without errors, as GraphQL's media type. Source: 12.2."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return False
    data = body.get("data") if isinstance(body, dict) else None
    has_data = bool(data and data.get("__typename")) and not body.get("errors")
    return answer.status_code == 200 and has_data and not wrong_media_type(answer)


def ask(
    api: Api, settings: ServiceSettings, query: str, token: str | None = None, body: Any = None, **sent: Any
) -> Asked:
    """Send a query or a whole body to the backend; `sent`: further arguments of `Api.post`, such as `headers`."""
    since, began = now(), time.monotonic()
    answer = api.post(settings.graphql_path, body or {"query": query}, token=token, **sent)
    return Asked(answer, since, time.monotonic() - began)


def ask_everywhere(
    doors: dict[str, Api], settings: ServiceSettings, query: str, token: str | None = None
) -> dict[str, Asked]:
    """Like `ask`, through each of the ways to the backend (`doors`)."""
    return {door: ask(api, settings, query, token) for door, api in doors.items()}


def named(query: str, name: str) -> dict[str, Any]:
    """The body of a query as most client libraries write it: with a name, unless the query begins with a keyword."""
    whole = query.lstrip().startswith("{")
    text = f"query {name} {query}" if whole else query
    return {"query": text, "operationName": name if whole else None, "variables": {}}


def clients(domain: str) -> dict[str, dict[str, str]]:
    """The headers of queries as clients send them, by client. `domain`: the site's host."""
    return {PAGE: of_page(domain) | KEEP, **CLIENTS}


def ask_as_clients(
    doors: dict[str, Api], settings: ServiceSettings, query: str, domain: str, token: str | None = None
) -> dict[str, Asked]:
    """Send a query in each form that clients use, through each of `doors`, one after the other over one connection.

    `domain`: the site's host, whose pages send queries, too. `token`: that of a user, if the query needs one.
    """
    bodies = {NAMED: named(query, "Scenario"), NULLS: {"query": query, "operationName": None, "variables": None}}
    bodies[EXTENSIONS] = {"query": query, "extensions": {}}
    answers = {
        f"{door}, {how}": ask(api, settings, query, token, body=body, headers=KEEP)
        for door, api in doors.items()
        for how, body in bodies.items()
    }
    answers |= {f"{door}, {CHUNKED}": ask_in_chunks(api, settings, query, token) for door, api in doors.items()}
    return answers | {
        f"{door}, {how}": ask(api, settings, query, token, headers=headers)
        for door, api in doors.items()
        for how, headers in clients(domain).items()
    }


def ask_in_chunks(api: Api, settings: ServiceSettings, query: str, token: str | None = None) -> Asked:
    """Send a query in two chunks of its body, over a connection that is kept."""
    text = json.dumps({"query": query}).encode()
    sent = iter((text[:10], text[10:]))
    return ask(api, settings, query, token, data=sent, headers={"Content-Type": "application/json", **KEEP})


def ask_after(api: Api, settings: ServiceSettings, good: str, token: str | None) -> list[Asked]:
    """The answers to the protected query with a token, or none, after as many with a good one, over one connection.

    The good ones come first: over HTTPS, each connection that the ingress shares among its clients has then carried
    one, whichever pod it leads to. Raises AssertionError if a good one gets no data.
    """
    query = settings.protected_query
    for _ in range(TURNS):
        ask(api, settings, query, good, headers=KEEP).data()
    kept = [ask(api, settings, query, token, headers=KEEP) for _ in range(TURNS - 1)]
    return [*kept, ask(api, settings, query, token)]


def ask_after_everywhere(
    doors: dict[str, Api], settings: ServiceSettings, good: str, token: str | None
) -> dict[str, Asked]:
    """Like `ask_after`, through each of `doors`; the answers by door and number."""
    return {
        f"{door}, {number}. after a good JWT over the same connection": asked
        for door, api in doors.items()
        for number, asked in enumerate(ask_after(api, settings, good, token), 1)
    }


def ask_at_once(api: Api, settings: ServiceSettings, tokens: dict[str, str]) -> list[tuple[str, Asked]]:
    """Send the protected query for several users, often and concurrently. Source: 9.10.

    `tokens`: by the text that the user's data shows. Returns each answer after that text.
    """
    turns = [*tokens] * OFTEN
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda shown: ask(api, settings, settings.protected_query, tokens[shown]), turns)
        return list(zip(turns, answers, strict=True))


def of_others(answers: list[tuple[str, Asked]]) -> list[str]:
    """The answers that do not show their own user, or show somebody else. Raises AssertionError if one has no data."""
    everybody = {shown for shown, _ in answers}
    found = []
    for mine, asked in answers:
        seen = sorted(shown for shown in everybody if shows(asked.data(), shown))
        if seen != [mine]:
            found.append(f"{in_words(asked.answer)} for {mine}")
    return found


def long(query: str) -> str:
    """The same query after 8 KiB of comments: generated clients send queries of that length."""
    return f"# {'-' * 61}\n" * 128 + query


def shows(data: Any, text: str) -> bool:
    """Whether data contains a text in any field, in capitals or not: addresses are written either way.

    The text must have no quotation mark and no backslash, which JSON escapes.
    """
    seen = json.dumps(data, ensure_ascii=False)
    return text.lower() in seen.lower()
