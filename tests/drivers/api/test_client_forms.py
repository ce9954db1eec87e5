"""Valid forms of queries, sent to a backend that is right, or drops a part of them."""

import json
import re

import pytest
from tests_support import json_answer

from acceptance.base.environment import load_environment
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import client_forms, graphql_variants
from acceptance.drivers.api.client_forms import (
    INCLUDED,
    OF_EDITORS,
    ask_in_valid_forms,
    ask_protected_in_forms,
    is_plain,
    not_answered_with,
    protected_forms,
    valid_bodies,
)
from acceptance.drivers.api.graphql import CLIENTS, NAMED, TYPENAME

SETTINGS = ServiceSettings()
SECOND = "as the second of two that the document has"


class Backend:
    """A backend that drops some fields of each body. It reads of a document what it has to know of both."""

    def __init__(self, *drops):
        self.drops = drops

    def post(self, path, body, token=None, headers=None):
        sent = json.loads(body) if isinstance(body, str) else body
        kept = {key: value for key, value in sent.items() if key not in self.drops}
        document, name = kept["query"], kept.get("operationName")
        operations = re.findall(r"query (\w+)", document)
        known = name in operations if name else len(operations) < 2
        if known and ("$wanted" not in document or kept.get("variables") == {"wanted": True}):
            return json_answer(200, {"data": {"products": [{"slug": "a", "name": "A"}]}})
        return json_answer(200, {"data": None, "errors": [{"message": "what is asked for is not clear"}]})


def wrong_forms(backend, settings=SETTINGS):
    found = set()
    for query, other in ((settings.public_query, TYPENAME), (settings.protected_query, settings.public_query)):
        answers = ask_in_valid_forms({"HTTPS": backend, "a pod": None}, settings, query, other, "good")
        assert len(answers) == 7
        found |= {form for form, asked in answers.items() if asked.body().get("errors")}
        assert all(asked.body()["data"] for form, asked in answers.items() if form not in found)
    return found


@pytest.mark.parametrize("name", ["kind", "other-services"])
def test_a_right_backend_answers_each_form_with_data(name):
    assert wrong_forms(Backend(), load_environment(name).services) == set()


@pytest.mark.parametrize(("field", "form"), [("operationName", SECOND), ("variables", INCLUDED)])
def test_a_backend_that_drops_a_field_is_seen(field, form):
    assert wrong_forms(Backend(field)) == {f"HTTPS, {form}"}


@pytest.mark.parametrize(
    ("query", "is_one"),
    [
        ("{ products { slug name } }", True),
        ("{me{id}}", True),
        ("{ catalogue(first: 100) { offers { code } } }", True),
        ("{ mine: products { slug } }", False),
        ("{ mine : products { slug } }", False),
        ("query Mine { me { id } }", False),
        ("{ ... on Query { me { id } } }", False),
        ("{ me { id } } # mine", False),
    ],
)
def test_a_plain_query_is_told_from_others(query, is_one):
    assert is_plain(query) is is_one


@pytest.mark.parametrize("query", ["{ mine: products { slug } }", "query Mine { products { slug } }"])
def test_a_query_that_is_not_plain_has_only_valid_forms(query):
    forms = valid_bodies(query, SETTINGS.public_query)
    assert {json.loads(body)["query"] for body in forms.values()} <= {query}
    beside = valid_bodies(SETTINGS.protected_query, query)
    assert "mine" not in str(beside).lower() and "__typename" in str(beside)


def test_no_form_asks_for_the_schema():
    assert not {*OF_EDITORS} & {*valid_bodies(SETTINGS.public_query, TYPENAME)}


class WithoutAuth:
    """A backend that has lost auth: its status is that of the first of `exceptions` (text in a request: status)."""

    def __init__(self, **exceptions):
        self.exceptions = exceptions

    def post(self, path, body, token, headers=None):
        sent = json.dumps([body, headers])
        return json_answer(next((status for text, status in self.exceptions.items() if text in sent), 503), {})


def test_a_backend_without_auth_says_so_in_every_form():
    answers = ask_protected_in_forms(WithoutAuth(), SETTINGS, "www.example.test", "good")
    assert len(answers) == len(CLIENTS) + 4 and not not_answered_with(503, answers)


@pytest.mark.parametrize(
    ("text", "form"),
    [("graphql-response", "as Apollo Client accepts"), ("operationName", NAMED), ("forEveryone: ", "beside what is")],
)
def test_a_backend_that_says_so_in_some_forms_only_is_seen(text, form):
    answers = ask_protected_in_forms(WithoutAuth(**{text: 200}), SETTINGS, "www.example.test", "good")
    wrong = not_answered_with(503, answers)
    assert any(found.startswith(form) for found in wrong) and len(wrong) < len(answers)
    assert all("answered 200" in said for said in wrong.values())


def test_queries_that_cannot_be_put_together_are_sent_alone():
    settings = ServiceSettings(public_query="query Mine { products { slug } }")
    assert len(protected_forms(settings, "www.example.test")) == len(CLIENTS) + 2


def test_what_stands_beside_the_included_fields_does_not_count_as_the_querys_data():
    # `with_data` leaves this name out: a backend that includes nothing answers with it alone.
    assert (
        f"{graphql_variants.OPEN}: __typename"
        in client_forms.valid_bodies("{ me }", "{ x }")[client_forms.INCLUDED]["query"]
    )
