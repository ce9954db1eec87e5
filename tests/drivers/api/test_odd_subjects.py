"""JWTs without a subject, or with an odd one, sent to an auth that is right, and to one that breaks."""

import jwt
import pytest
from tests_support import json_answer

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api import odd_subjects

SECRET = "s" * 32


class Auth:
    """Auth that breaks if the claims of a rightly signed JWT are as `breaks` says; `status` is its refusal's."""

    def __init__(self, breaks, status=401):
        self.breaks, self.status = breaks, status

    def post(self, path, token):
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_sub": False, "require": ["exp"]})
        return json_answer(500 if self.breaks(claims) else self.status, {})


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (lambda claims: "sub" not in claims, ["no subject"]),
        (lambda claims: claims.get("sub", "") is None, ["null as its subject"]),
        (lambda claims: not isinstance(claims.get("sub", ""), str | None), ["a number", "an object"]),
    ],
)
def test_an_auth_that_breaks_on_a_subject_is_seen(breaks, said):
    found = odd_subjects.broken_by(Auth(breaks), ServiceSettings(), SECRET)
    assert len(found) == len(said) and all(one in seen for one, seen in zip(said, found, strict=True))


@pytest.mark.parametrize("status", [200, 400, 401, 422])
def test_whatever_auth_says_of_them_is_right(status):
    assert odd_subjects.broken_by(Auth(lambda claims: False, status), ServiceSettings(), SECRET) == {}
