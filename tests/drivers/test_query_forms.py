"""The forms of a query, held against a backend that checks each of them, or overlooks one."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.query_forms import ask_in_forms, let_in

SETTINGS = ServiceSettings()
NO = {"errors": [{"message": "Unauthorized"}], "data": None}


def answer(status, body):
    made = requests.Response()
    made.status_code, made._content = status, body.encode() if isinstance(body, str) else json.dumps(body).encode()
    made.request = requests.Request("POST", "https://api.example/graphql").prepare()
    return made


class Backend:
    """A backend to which the token "good" is good; whoever it `overlooks` (method and document) needs none."""

    def __init__(self, overlooks=lambda method, document: False):
        self.overlooks = overlooks

    def get(self, path, headers):
        return self.answer("GET", parse_qs(urlsplit(path).query)["query"][0], headers)

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
