"""Words that code may accept as a token in place of a real one, as developers have it on their machines.

Source: 8.9, 9.9.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import requests

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.graphql import Asked, ask
from acceptance.drivers.api.graphql_variants import with_data
from acceptance.drivers.api.personal_tokens import NO_JWT
from acceptance.drivers.api.token_validation import is_yes
from acceptance.drivers.api.wallet import KNOWN_SECRETS
from acceptance.drivers.secrets.common_passwords import COMMON
from acceptance.drivers.services.carried_tokens import carried
from acceptance.drivers.services.service import Api

WORDS = (
    *dict.fromkeys(
        [*COMMON, *KNOWN_SECRETS, "dev", "dev-token", "test-token", "debug", "admin-token", "internal"]
    ),
)  # fmt: skip
NONE = "no JWT"
"""The Examples' name in 9.9 for a request without one."""
AT_ONCE = 8
Answer = TypeVar("Answer")


def yes_of_auth(kind: str, doors: Mapping[str, Api], settings: ServiceSettings) -> dict[str, requests.Response]:
    """Auth's answers that accept one of WORDS, by endpoint and word; none for tokens of another kind than NO_JWT."""
    if kind != NO_JWT:
        return {}
    answers = asked_at_once(
        doors, lambda api, word: api.post(settings.validate_path, **carried(settings.validate_field, word))
    )
    return {how: answer for how, answer in answers.items() if is_yes(answer, settings)}


def data_of_backend(kind: str, doors: Mapping[str, Api], settings: ServiceSettings) -> dict[str, Asked]:
    """The backend's answers to the protected query that have data with one of WORDS, by endpoint and word.

    None for another kind of token than NONE. The status of a refusal is judged with other tokens.
    """
    if kind != NONE:
        return {}
    answers = asked_at_once(doors, lambda api, word: ask(api, settings, settings.protected_query, word))
    return {how: asked for how, asked in answers.items() if with_data(asked)}


def asked_at_once(doors: Mapping[str, Api], send: Callable[[Api, str], Answer]) -> dict[str, Answer]:
    """The answers to all of WORDS, each at one endpoint after the other: all run the same code."""
    turns = [(word, door) for word, door in zip(WORDS, itertools.cycle(doors), strict=False)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda turn: send(doors[turn[1]], turn[0]), turns)
        return {f"{door}, with the word {word}": answer for (word, door), answer in zip(turns, answers, strict=True)}
