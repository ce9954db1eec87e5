"""Rejections of a malformed bearer token, in the forms that services use."""

import json

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.clients.raw_http import Answer
from acceptance.drivers.api.malformed_over_https import is_refusal
from acceptance.drivers.api.malformed_requests import Endpoint, Malformed

SETTINGS = ServiceSettings()
AUTH = Endpoint("auth", "POST", SETTINGS.validate_path)
BACKEND = Endpoint("api", "POST", SETTINGS.graphql_path)


@pytest.mark.parametrize(
    ("endpoint", "status", "body", "refuses"),
    [
        (AUTH, 401, {"valid": False}, True),
        (AUTH, 400, {}, True),
        (AUTH, 200, {"valid": False}, True),
        (AUTH, 200, {"valid": True}, False),
        (AUTH, 200, {}, False),
        (AUTH, 200, [], False),
        (AUTH, 503, {"valid": False}, False),
        (AUTH, None, {}, False),
        (BACKEND, 401, {}, True),
        (BACKEND, 200, {"errors": [{"message": "Unauthorized"}], "data": None}, True),
        (BACKEND, 200, {"errors": [{}], "data": {"protectedQuery": "0x1"}}, False),
        (BACKEND, 200, {"valid": False}, False),
    ],
)
def test_a_refusal_has_several_forms(endpoint, status, body, refuses):
    answer = Answer(status, json.dumps(body), 0.1)
    assert is_refusal(Malformed(endpoint, "a bearer", b""), answer, SETTINGS) is refuses
