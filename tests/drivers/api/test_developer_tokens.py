"""Words that no service may take for a token."""

from types import SimpleNamespace as Thing

import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.developer_tokens import NONE, WORDS, data_of_backend, yes_of_auth
from acceptance.drivers.api.graphql_variants import let_in
from acceptance.drivers.api.personal_tokens import NO_JWT

SETTINGS = ServiceSettings()
REFUSED = (401, {"errors": [{"message": "Unauthorized"}], "data": None})


class Door:
    """A way to a service that takes some words for tokens."""

    def __init__(self, *taken, yes, no):
        self.taken, self.yes, self.no, self.asked = taken, yes, no, []

    def post(self, path, body=None, token=None, **_):
        self.asked.append(token)
        return json_answer(*(self.yes if token in self.taken else self.no))


def of_auth(*taken, no=(401, {"valid": False})):
    return Door(*taken, yes=(200, {"valid": True, "sub": "admin"}), no=no)


def of_backend(*taken, no=REFUSED):
    return Door(*taken, yes=(200, {"data": {"protectedQuery": "admin sees 3 products"}}), no=no)


def test_each_word_is_sent_once():
    doors = {"HTTPS": of_auth(), "the Service": of_auth()}
    assert yes_of_auth(NO_JWT, doors, SETTINGS) == {}
    assert sorted(word for door in doors.values() for word in door.asked) == sorted(WORDS)
    assert len(set(WORDS)) == len(WORDS) and {"test", "admin", "dev-token", "jwt-secret"} <= {*WORDS}


@pytest.mark.parametrize("word", ["test", "admin", "dev-token", "internal"])
def test_a_word_that_auth_takes_is_told(word):
    (found,) = yes_of_auth(NO_JWT, {"HTTPS": of_auth(word)}, SETTINGS)
    assert found == f"HTTPS, with the word {word}"


@pytest.mark.parametrize("no", [(400, {}), (429, {}), (200, {"valid": False}), (403, {"error": "no token"})])
def test_whatever_else_auth_says_is_no_yes(no):
    assert yes_of_auth(NO_JWT, {"HTTPS": of_auth(no=no)}, SETTINGS) == {}


def test_a_word_that_the_backend_takes_is_told():
    answers = data_of_backend(NONE, {"HTTPS": of_backend("dev")}, SETTINGS)
    assert [how for how, asked in answers.items() if let_in(asked)] == ["HTTPS, with the word dev"] == [*answers]


@pytest.mark.parametrize("no", [REFUSED, (400, {"error": "malformed"}), (200, REFUSED[1]), (503, REFUSED[1])])
def test_a_backend_may_refuse_them_as_it_likes(no):
    door = of_backend(no=no)
    assert data_of_backend(NONE, {"HTTPS": door}, SETTINGS) == {} and len(door.asked) == len(WORDS)


def test_other_kinds_of_tokens_are_left_alone():
    assert yes_of_auth("its JWT", {"HTTPS": None}, SETTINGS) == {}
    assert data_of_backend("a JWT that expired", {"HTTPS": Thing()}, SETTINGS) == {}
