"""Queries that are sent while their service is restarted."""

import json
import time

import pytest
import requests
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.operations.queries_meanwhile import QueryLoop

DATA = (200, {"data": {"protectedQuery": "0xabc sees 2 products"}})
NO = (401, {"data": None, "errors": [{"message": "Unauthorized"}]})
NO_WITH_200 = (200, {"data": None, "errors": [{"message": "Unauthorized"}]})
AWAY = (503, {"data": None, "errors": [{"message": "Service Unavailable"}]})


class Backend:
    """A backend with given answers; a text instead of one is an error of the connection."""

    def __init__(self, *answers):
        self.answers = iter(answers)

    def post(self, path, body=None, token=None, **_):
        assert token == "old" and "protectedQuery" in json.dumps(body)
        answer = next(self.answers)
        if isinstance(answer, str):
            raise requests.ConnectionError(answer)
        made = json_answer(*answer)
        made.headers["Content-Type"] = "application/json"
        return made


def asked(*answers):
    loop = QueryLoop(Backend(*answers), ServiceSettings(), "old", "0xabc")
    for _ in answers:
        loop.once()
    loop.stopping.set()
    return loop


def test_data_and_refusals_are_answers():
    loop = asked(*[DATA] * 8, NO, NO_WITH_200)
    assert loop.wrong() == "" and loop.answered == {True: 8, False: 2}


@pytest.mark.parametrize("last", [AWAY, (502, "Bad Gateway"), "Connection aborted", (200, {"data": {"a": "0xdef"}})])
def test_a_query_that_is_lost_is_seen(last):
    loop = asked(*[DATA] * 10, last)
    assert loop.wrong() == "1 of 11 queries were lost" and loop.figures()["lost"] == 1


def test_too_few_answers_prove_nothing():
    assert "fewer than 10" in asked(*[DATA] * 9).wrong()


def test_a_loop_that_ended_early_is_seen():
    loop = QueryLoop(Backend(*[DATA] * 9), ServiceSettings(), "old", "0xabc")
    loop.most = 0
    loop.start()
    time.sleep(0.1)
    assert "stopped before" in loop.wrong()
