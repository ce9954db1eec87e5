"""The forms of a query, sent to a backend that checks each of them, or fails to check one."""

import json
from types import SimpleNamespace as Thing
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked, named
from acceptance.drivers.api.graphql_variants import (
    INCLUDED,
    INTROSPECTION,
    NAMED_FRAGMENT,
    ask_in_forms,
    ask_in_small_letters,
    ask_without_token,
    ask_wrongly,
    bearer,
    beside_public,
    bodies,
    let_in,
    not_answered,
    not_unauthorized,
    root_of,
    with_data,
)
from acceptance.drivers.services.service import Api

SETTINGS = ServiceSettings()
NO = {"errors": [{"message": "Unauthorized"}], "data": None}


def answer(status, body):
    made = requests.Response()
    made.status_code, made._content = status, body.encode() if isinstance(body, str) else json.dumps(body).encode()
    made.headers["Content-Type"] = "application/json"
    made.request = requests.Request("POST", "https://api.example/graphql").prepare()
    return made


class Backend:
    """A backend that accepts the token "good"; requests that it `overlooks` (by method and document) need none."""

    def __init__(self, overlooks=lambda method, document: False):
        self.overlooks = overlooks

    def get(self, path, headers):
        return self.answer("GET", parse_qs(urlsplit(path).query)["query"][0], headers)

    def post(self, path, body=None, token=None, headers=None, data=None):
        body = body or data
        kind = (headers or {}).get("Content-Type", "application/json").partition(";")[0]
        document = {
            "application/json": lambda: json.loads(body)["query"],
            "application/graphql": lambda: body,
            "application/x-www-form-urlencoded": lambda: parse_qs(body)["query"][0],
            "multipart/form-data": lambda: json.loads(body.split("\r\n")[3])["query"],
        }[kind]()
        return self.answer(f"POST {kind}", document, {"Authorization": f"Bearer {token}"})

    def answer(self, method, document, headers):
        if headers.get("Authorization") == "Bearer good" or self.overlooks(method, document):
            return answer(200, {"data": {"protectedQuery": "0xabc sees 2 products"}})
        return answer(401, NO)


def forms_let_in(backend, token=None):
    answers = ask_in_forms({"HTTPS": backend, "the Service": backend}, SETTINGS, token)
    return {form for form, asked in answers.items() if let_in(asked)}


@pytest.mark.parametrize("token", [None, "bad"])
def test_no_form_is_let_in_by_a_backend_that_checks_each(token):
    assert forms_let_in(Backend(), token) == set()


@pytest.mark.parametrize(
    ("overlooks", "form"),
    [
        (lambda _, document: INTROSPECTION in document, "called as editors call theirs"),
        (lambda _, document: "__schema" in document, "beside a question about the schema"),
        (lambda _, document: not document.startswith("{ protectedQuery"), "in a fragment"),
        (lambda _, document: not document.startswith("{ protectedQuery"), "under another name"),
        (lambda _, document: "...Part" in document, NAMED_FRAGMENT),
        (lambda _, document: "@include" in document, INCLUDED),
        (lambda _, document: "products" in document.split("}")[0], "beside what is for everyone"),
        (lambda _, document: document.startswith("query Open"), "as the second of two that the document has"),
        (lambda kind, _: kind.endswith("graphql"), "as the whole body"),
        (lambda kind, _: kind.endswith("urlencoded"), "as a form"),
        (lambda kind, _: kind.endswith("form-data"), "in parts"),
    ],
)
def test_a_backend_that_looks_at_the_text_is_seen(overlooks, form):
    assert f"HTTPS, {form}" in forms_let_in(Backend(overlooks))


def test_a_backend_that_looks_at_the_bytes_is_seen():
    class Raw(Backend):
        def post(self, path, body="", token=None, **sent):
            if sent:
                return answer(415, "")
            return self.answer("POST", body, {}) if "protectedQuery" in body else answer(200, {"data": {"a": 1}})

    assert forms_let_in(Raw()) == {"HTTPS, with each character escaped"}


def test_a_body_that_is_written_already_is_sent_as_it_is(monkeypatch):
    sent = {}
    api = Api("api.example")
    monkeypatch.setattr(api.session, "post", lambda url, **what: sent.update(what))
    api.post("/graphql", "{}", token="good")
    assert (sent["data"], sent["json"], sent["headers"]["Content-Type"]) == ("{}", None, "application/json")
    api.post("/graphql", {"query": "{ a }"})
    assert sent["json"] == {"query": "{ a }"}


def test_what_no_client_should_send_is_sent():
    sent = []
    api = Thing(post=lambda path, body: sent.append(body), get=sent.append)
    assert len(ask_wrongly(api, SETTINGS)) == len({*sent}) == 5


@pytest.mark.parametrize(("schemes", "status"), [(("Bearer", "bearer"), 200), (("Bearer",), 401)])
def test_a_backend_that_knows_one_way_to_write_bearer_is_seen(schemes, status):
    class Knowing(Backend):
        def post(self, path, body, token, headers):
            scheme, _, word = headers["Authorization"].partition(" ")
            return self.answer("POST", "", bearer(word) if scheme in schemes else {})

    assert ask_in_small_letters(Knowing(), SETTINGS, "good").status == status


def test_queries_with_a_keyword_keep_it():
    query = "query Mine { me { id } }"
    (found,) = bodies(query, SETTINGS.public_query).values()
    assert json.loads(found) == {"query": query} and "me" not in found
    assert named(query, "Other") == {"query": query, "operationName": None, "variables": {}}


def test_what_comes_after_the_public_query_is_whole():
    made = beside_public("{ protectedQuery }", "{ products { slug name } }")
    assert [body["query"] for body in made.values()] == [
        "{  forEveryone:  products { slug name }   protectedQuery  }",
        "query Open { forEveryone:  products { slug name } } query Own { protectedQuery }",
    ]
    assert beside_public("query Mine { me { id } }", "{ products { slug } }") == {}


def test_what_is_for_everyone_lets_nobody_in():
    body = {"data": {"forEveryone": [{"slug": "a"}], "protectedQuery": None}, "errors": [{}]}
    assert let_in(Asked(answer(200, body), None, 0.0)) == ""
    body["data"]["protectedQuery"] = "0xabc sees 2 products"
    assert let_in(Asked(answer(200, body), None, 0.0))


@pytest.mark.parametrize(
    ("status", "body", "shown"), [(200, {"data": {"a": 1}}, True), (401, NO, False), (503, "", False)]
)
def test_data_is_told_from_whatever_else_may_come(status, body, shown):
    assert bool(with_data(Asked(answer(status, body), None, 0.0))) is shown


def test_what_the_schema_says_is_for_everyone():
    body = {"data": {"__schema": {"queryType": {"name": "Query"}}, "protectedQuery": None}, "errors": [{}]}
    assert let_in(Asked(answer(200, body), None, 0.0)) == ""


def test_each_form_is_one_that_a_good_token_is_let_in_with():
    answers = ask_in_forms({"HTTPS": Backend()}, SETTINGS, "good")
    assert answers and all(let_in(asked) for asked in answers.values())


def test_a_backend_that_asks_nobody_who_comes_by_get_is_seen():
    seen = forms_let_in(Backend(lambda method, document: method == "GET"))
    assert seen == {"HTTPS, by GET", "the Service, by GET"}


@pytest.mark.parametrize(
    ("status", "body", "is_fault"),
    [
        (405, "Method Not Allowed", False),
        (404, "<html>", False),
        (400, {"errors": [{"message": "GET is not supported"}]}, False),
        (501, "", False),
        (200, "<html>an editor for queries</html>", False),
        (200, {"data": {"protectedQuery": None}, "errors": [{"message": "Unauthorized"}]}, False),
        (200, {"data": {"protectedQuery": "0xabc", "other": None}}, True),
        (401, {"data": {"protectedQuery": "0xabc"}}, True),
        (500, "Internal Server Error", True),
        (503, NO, True),
    ],
)
def test_a_form_may_be_refused_but_neither_let_in_nor_break(status, body, is_fault):
    class Other(Backend):
        def answer(self, method, document, headers):
            return answer(status, body)

    assert bool(forms_let_in(Other())) is is_fault


def test_headers_without_a_token_are_sent_as_they_are():
    sent = []

    def post(path, body, token, headers):
        sent.append((headers["Authorization"], token))
        return answer(401, NO)

    answers = ask_without_token(Thing(post=post), SETTINGS)
    assert [header for header, _ in sent] == [*answers] and {token for _, token in sent} == {None}
    assert not any(map(not_unauthorized, answers.values()))


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        (200, NO, True),
        (401, NO, True),
        (400, {"error": "malformed header"}, True),
        (401, "", True),
        (200, {"errors": [{"message": "not enough values to unpack"}], "data": None}, False),
        (200, {"data": {"protectedQuery": "0xabc"}}, False),
        (401, {"data": {"protectedQuery": "0xabc"}}, False),
        (500, NO, False),
    ],
)
def test_a_header_without_a_token_is_refused_as_one(status, body, refused):
    assert bool(not_unauthorized(Asked(answer(status, body), None, 0.0))) is not refused


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, NO, ""),
        (503, "no JSON", ""),
        (503, {"data": {"protectedQuery": None, "forEveryone": [1]}, "errors": [{}]}, ""),
        (503, {"data": {"protectedQuery": "? sees 2 products"}}, "it comes with data"),
        (200, {"data": {"protectedQuery": "? sees 2 products"}}, "answered 200"),
    ],
)
def test_an_error_that_comes_with_the_data_is_seen(status, body, said):
    seen = not_answered(503, Asked(answer(status, body), None, 0.0))
    assert said in seen and bool(seen) == bool(said)


def test_data_of_a_good_answer_is_right():
    assert not_answered(200, Asked(answer(200, {"data": {"protectedQuery": "0xabc"}}), None, 0.0)) == ""


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (200, {"data": {"__typename": "RootQueryType"}}, "RootQueryType"),
        (200, {"data": None}, "Query"),
        (200, "<html>", "Query"),
        (401, NO, "Query"),
    ],
)
def test_a_fragment_names_the_type_that_the_backend_has(status, body, name):
    assert root_of(Thing(post=lambda *_, **__: answer(status, body)), SETTINGS) == name
    document = json.loads(bodies("{ me }", "{ a }", name)[NAMED_FRAGMENT])["query"]
    assert document == f"query {{ ...Part }} fragment Part on {name} {{ me }}"
