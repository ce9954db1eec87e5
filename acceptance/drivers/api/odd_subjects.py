"""JWTs that are signed rightly and whose subject is missing, or none: auth answers without an error. Source: 19.3."""

from __future__ import annotations

import time
from typing import Any

from acceptance.base.secrecy import register_secret
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.jwt_key_headers import by_secret
from acceptance.drivers.services.carried_tokens import carried
from acceptance.drivers.services.service import Api, in_words

SUBJECTS: dict[str, dict[str, Any]] = {
    "no subject": {},
    "null as its subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a number as its subject": {"sub": 1},
    "an object as its subject": {"sub": {"a": [1]}},
}
"""The claims of each, by what is odd about it."""
LIFE = 300
"""The seconds for which each is valid."""


def tokens(secret: str) -> dict[str, str]:
    """A JWT for each of SUBJECTS, signed with the services' own secret."""
    now = int(time.time())
    times = {"iat": now, "exp": now + LIFE}
    return {what: register_secret(by_secret({}, times | claims, secret.encode())) for what, claims in SUBJECTS.items()}


def broken_by(api: Api, settings: ServiceSettings, secret: str) -> dict[str, str]:
    """The answers of auth with 5xx, by the JWT. Whether it accepts one is not judged: none asks for a subject."""
    answers = {
        what: api.post(settings.validate_path, **carried(settings.validate_field, token))
        for what, token in tokens(secret).items()
    }
    return {f"a JWT with {what}": in_words(answer) for what, answer in answers.items() if answer.status_code >= 500}
