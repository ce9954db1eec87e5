"""Malformed GraphQL documents, made from the environment's queries, by what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Callable

from acceptance.base.service_settings import ServiceSettings

ROOT_FIELD = re.compile(r"\{\s*(?:\w+\s*:\s*)?(\w+)\s*(?:\([^)]*\)\s*)?")
"""The beginning of a query: its first field, with its arguments."""
LAST_FIELD = re.compile(r"(\w+)\s*\}")
"""The last field of the innermost selection."""


def root_of(query: str) -> str:
    """The name of a query's first field. Raises AssertionError if it has none."""
    found = ROOT_FIELD.search(query)
    assert found, f"expected a query with a field ({{ ... }}) in [services], saw {query!r}"
    return found[1]


def with_argument(query: str, text: str) -> str:
    """A query whose first field has this text in place of its arguments."""
    return ROOT_FIELD.sub(lambda found: f"{{ {found[1]}({text}) ", query, count=1)


def with_last_fields(query: str, change: Callable[[str], str]) -> str:
    """A query in which the last field of the innermost selection, which is no object, is replaced."""
    return LAST_FIELD.sub(lambda found: f"{change(found[1])} }}", query, count=1)


def documents(settings: ServiceSettings) -> dict[str, str]:
    """The documents, by what is wrong with each."""
    public, protected = settings.public_query, settings.protected_query
    return {
        "only a comment": "# x",
        "an unclosed brace": "{",
        "no selection": "{}",
        "half a selection": "{ " + root_of(public),
        "an unknown field": "{ nobody }",
        "a selection on a string": with_last_fields(protected, lambda last: f"{last} {{ x }}"),
        "no selection on an object": "{ " + root_of(public) + " }",
        "an unknown argument": with_argument(public, "nobody: 1"),
        "a mutation": "mutation { x }",
        "a subscription": "subscription { x }",
        "two operations without names": "{ __typename } { __typename }",
        "two operations with one name": "query a { __typename } query a { __typename }",
        "two operations, none selected": "query a { __typename } query b { __typename }",
        "a fragment that contains itself": "{ ...a } fragment a on Query { ...a }",
        "a cycle of fragments": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "an unknown fragment": "{ ...nobody }",
        "an unknown directive": "{ __typename @nobody }",
        "a directive with a wrong value": '{ __typename @skip(if: "x") }',
        "a thousand directives": "{ __typename " + "@skip(if: false) " * 1000 + "}",
        "a variable that is missing": "query ($a: Boolean!) { __typename @skip(if: $a) }",
        "a variable of an unknown type": "query ($a: Nobody) { __typename }",
        "a type definition": "type Query { x: Int }",
        "an unclosed string": with_argument(public, 'a: "x'),
        "an unclosed block string": with_argument(public, 'a: """x'),
        "an escaped lone surrogate": with_argument(public, 'a: "\\ud800"'),
        "a character beyond Unicode": with_argument(public, 'a: "\\u{110000}"'),
        "a NUL": "{ \0 }",
        "letters that names may not contain": "{ é }",
        "a lone surrogate": "{ \ud800 }",
        "a number of 5000 digits": with_argument(public, "a: " + "9" * 5000),
        "selections 100 deep": "{a" * 100 + "}" * 100,
        "selections 400 deep": "{a" * 400 + "}" * 400,
        "selections 5000 deep": "{a" * 5000 + "}" * 5000,
        "lists 900 deep": with_argument(public, "a: " + "[" * 900 + "]" * 900),
        "lists 20000 deep": with_argument(public, "a: " + "[" * 20000 + "]" * 20000),
        "types 900 deep": "query ($a: " + "[" * 900 + "Int" + "]" * 900 + ") { __typename }",
        "inline fragments 300 deep": "{" + "...{" * 300 + "__typename" + "}" * 301,
        "ten thousand fields": with_last_fields(public, lambda last: f"{last} " * 10000),
        "a thousand aliases": "{" + " ".join(f"a{number}: __typename" for number in range(1000)) + "}",
        "an introspection 30 deep": "{ __schema { types { fields {"
        + " type { ofType {" * 15
        + "name"
        + "} }" * 15
        + "}}}}",
    }
