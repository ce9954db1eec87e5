"""A browser that would show one user's data to the next."""

from types import SimpleNamespace as Thing

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.kept_answers import kept_data

DATA, NONE = {"data": {"protectedQuery": "0xabc sees 2 products"}}, {"errors": [{"message": "by POST alone"}]}


@pytest.mark.parametrize(
    ("body", "headers", "wrong"),
    [
        (DATA, {}, False),
        (DATA, {"Cache-Control": "public, max-age=60"}, True),
        # A browser has one cache for all who use it.
        (DATA, {"Cache-Control": "private, max-age=60"}, True),
        (DATA, {"Cache-Control": "max-age=60", "Vary": "Accept"}, True),
        (DATA, {"Cache-Control": "max-age=60", "Vary": "Accept, authorization"}, False),
        (DATA, {"Cache-Control": "no-store"}, False),
        (NONE, {"Cache-Control": "max-age=60"}, False),
    ],
    ids=range(7),
)
def test_data_that_the_next_user_of_a_browser_would_see_is_told(body, headers, wrong):
    def get(path, **_):
        answer = json_answer(200, body, "GET")
        answer.headers.update(headers)
        return answer

    answers, kept = kept_data({"HTTPS": Thing(get=get)}, ServiceSettings(), "its JWT")
    assert list(answers) == ["HTTPS"] and kept == ["HTTPS"] * wrong
