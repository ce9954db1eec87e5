"""Answers of the protected query that a browser would show again, to whoever uses it next. Source: 9.10."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked
from acceptance.drivers.api.graphql_variants import ask_by_get, with_data
from acceptance.drivers.services.answer_headers import kept_for
from acceptance.drivers.services.service import Api


def shown_to_others(answer: requests.Response) -> bool:
    """Whether a browser may answer another user's request with this answer: the key of its cache is the URL alone.

    It asks again if nothing is kept, or if the header that names the user is part of the key (RFC 9111, 4.1).
    """
    varies = {name.strip().lower() for name in answer.headers.get("Vary", "").split(",")}
    return kept_for(answer) > 0 and not varies & {"authorization", "*"}


def kept_data(doors: Mapping[str, Api], settings: ServiceSettings, token: str) -> tuple[dict[str, Asked], list[str]]:
    """The answers to the protected query by GET, through each of `doors`; and the doors whose data is kept for others.

    A service may refuse GET: an answer without data is not judged.
    """
    answers = {door: ask_by_get(api, settings, settings.protected_query, token) for door, api in doors.items()}
    return answers, [door for door, asked in answers.items() if with_data(asked) and shown_to_others(asked.answer)]
