"""What auth says about a token, and what the database stores about it. Source: 8.8, 8.9."""

from __future__ import annotations

import base64
import functools
import hashlib
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import jwt
import requests

from acceptance.base.conditions import as_json
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.token_times import NUMBERS, set_back, stored_time, told
from acceptance.drivers.data.database import COLUMNS, SERVICE, Database
from acceptance.drivers.data.durability import quoted, relations
from acceptance.drivers.services.carried_tokens import carried
from acceptance.drivers.services.log_lines import traces
from acceptance.drivers.services.service import KEEP, Api, in_words

REFUSALS = (400, 401, 403, 422)
"""Statuses that reject a token."""
ROUNDED = 2
"""Seconds by which two representations of the same time may differ."""
SHORTEST = 60
"""Minimum validity of a sign-in's JWT in seconds: users work with it."""
FEWEST_CHARACTERS, FEWEST_DIFFERING = 20, 10
"""Minimum length of a personal access token, and of the part in which two differ: shorter ones could be guessed."""


def same_wallet(one: object, other: object) -> bool:
    """Whether two addresses are of the same wallet: letter case is only a checksum, and not always kept."""
    return str(one).lower() == str(other).lower()


def says_valid(answer: requests.Response, settings: ServiceSettings) -> bool:
    """Whether auth says that a token is valid. Raises AssertionError for an answer that says neither."""
    status, body = answer.status_code, as_json(answer.text) if answer.text else {}
    said = body.get(settings.valid_field) if isinstance(body, dict) else None
    if status == 200 and said is True:
        return True
    # A service may reject with 200, with 401 as the reference does, or with 400 for something that is not a token.
    if (status == 200 and said is False) or (status in REFUSALS and said is not True):
        return False
    raise AssertionError(f"expected yes or no about a token, saw {in_words(answer)}")


def ask(doors: dict[str, Api], settings: ServiceSettings, token: str, **sent: Any) -> dict[str, requests.Response]:
    """Auth's answer about a token at each endpoint; `sent`: further arguments of `Api.post`, such as `headers`."""
    how = {**carried(settings.validate_field, token), **sent}
    return {door: api.post(settings.validate_path, **how) for door, api in doors.items()}


def ask_in_body(
    doors: dict[str, Api], settings: ServiceSettings, good: str, token: str
) -> dict[str, requests.Response]:
    """Auth's answer about a token in the body, at each endpoint that accepts a good token there.

    The criterion does not say where the JWT is sent: a service that also reads it from the body must check it there.
    """
    path = settings.validate_path
    taken = {door: api for door, api in doors.items() if is_yes(api.post(path, {"token": good}), settings)}
    return {f"{door}, in the body": api.post(path, {"token": token}) for door, api in taken.items()}


def ask_about_each(
    doors: dict[str, Api], settings: ServiceSettings, good: str, tokens: dict[str, str]
) -> dict[str, requests.Response]:
    """Auth's answers about named tokens at each endpoint, each after a good one over the same connection.

    Raises AssertionError unless the good one is accepted each time, and after all others: anybody can send tokens that
    name its subject, so that these must not keep it out.
    """
    answers: dict[str, requests.Response] = {}
    for name, token in tokens.items():
        # A service that caches its acceptance may look it up by part of the token, or by the connection.
        accept_good(ask(doors, settings, good, headers=KEEP), settings, f"before {name}")
        seen = {**ask(doors, settings, token), **ask_in_body(doors, settings, good, token)}
        answers |= {f"{door}, with {name}": answer for door, answer in seen.items()}
    accept_good(ask(doors, settings, good), settings, f"after {', '.join(tokens)}")
    return answers


def accept_good(answers: dict[str, requests.Response], settings: ServiceSettings, when: str) -> None:
    """Raise AssertionError unless a good token is valid by all answers about it. `when`: they were given, in words."""
    wrong = [door for door, yes in verdicts(answers, settings).items() if not yes]
    assert not wrong, f"expected auth to accept the wallet's own JWT {when}, but it is refused at {', '.join(wrong)}"


def is_yes(answer: requests.Response, settings: ServiceSettings) -> bool:
    """Whether an answer says that a token is valid; False also for an answer that does not say."""
    try:
        return says_valid(answer, settings)
    except AssertionError:
        return False


def verdicts(answers: dict[str, requests.Response], settings: ServiceSettings) -> dict[str, bool]:
    """Whether the token is valid, by endpoint. Raises AssertionError for an answer that does not say."""
    assert answers, "expected answers from auth's endpoints, saw none"
    return {door: says_valid(answer, settings) for door, answer in answers.items()}


def subjects(answers: dict[str, requests.Response], settings: ServiceSettings) -> set[str]:
    """The subjects that auth names for a token."""
    return {str(as_json(answer.text).get(settings.subject_field)) for answer in answers.values()}


def only_of(found: Iterable[str], wallet: str) -> bool:
    """Whether all subjects are the same wallet, and there is at least one."""
    names = list(found)
    return bool(names) and all(same_wallet(name, wallet) for name in names)


def is_token(settings: ServiceSettings, token: str) -> tuple[str, list[str]]:
    """The SQL condition for a token's row, and its values: the SHA-256 in the forms that services write."""
    digest = hashlib.sha256(token.encode())
    hexadecimal, encoded = digest.hexdigest(), base64.b64encode(digest.digest()).decode()
    urlsafe = encoded.translate(str.maketrans("+/", "-_"))
    forms = [hexadecimal, f"\\x{hexadecimal}", encoded, encoded.rstrip("="), urlsafe, urlsafe.rstrip("=")]
    return f"{settings.tokens_hash_column}::text in ({', '.join(['%s'] * len(forms))})", forms


def stored(db: Database, settings: ServiceSettings, token: str) -> dict[str, Any]:
    """The row of a personal access token. Raises AssertionError unless there is exactly one, with an expiry time."""
    table, (known, forms) = settings.tokens_table, is_token(settings, token)
    columns = f"to_json({settings.tokens_expiry_column}), {settings.tokens_owner_column}"
    rows = db.ask(SERVICE, f"select {columns} from {table} where {known}", *forms)
    assert len(rows) == 1, f"expected one row for the token in {table}, saw {len(rows)}"
    written, owner = rows[0]
    assert written is not None, (
        f"expected an expiry time of the token in {table}, but {settings.tokens_expiry_column} is null"
    )
    expires = stored_time(written)
    return {"expires": expires, "owner": owner, "seconds left": expires - time.time()}


def wrong_row(row: dict[str, Any], until: str | float, address: str) -> str:
    """What is wrong with a token's row (from `stored`); empty if nothing.

    `until`: the expiry time that its wallet was told. `address`: that wallet's address.
    """
    if abs(row["expires"] - told(until)) >= ROUNDED:
        return f"expected it to expire when its wallet was told ({until}), it has {row}"
    if row["seconds left"] <= 0:
        return f"expected a token that holds, it has expired already: {row}"
    return "" if same_wallet(row["owner"], address) else f"expected it to be that of {address}, it has {row['owner']}"


def ends_early(row: dict[str, Any], token: str) -> str:
    """How a personal access token expires before the JWT that came with it and that it renews; or empty."""
    expires = jwt.decode(token, options={"verify_signature": False}).get("exp") or 0
    early = expires - row["expires"]
    return f"it expires {early:.0f} s before the JWT that came with it" if early > ROUNDED else ""


def too_short(got: dict[str, Any], settings: ServiceSettings) -> str:
    """Why the personal access token in the answer to a sign-in could be guessed, in words; empty if it could not."""
    length = len(str(got.get(settings.token_field) or ""))
    if length >= FEWEST_CHARACTERS:
        return ""
    return f"the one under {settings.token_field} has {length} characters, and the answer has {sorted(got)}"


def too_alike(first: dict[str, Any], second: dict[str, Any], settings: ServiceSettings) -> str:
    """How the token of a second sign-in can be predicted from the first's, in words; empty if it cannot."""
    pairs = zip(str(first.get(settings.token_field)), str(second.get(settings.token_field)), strict=False)
    differing = sum(one != other for one, other in pairs)
    return f"it differs from the first in {differing} characters only" if differing < FEWEST_DIFFERING else ""


def wrong_life(token: str, until: str | float | None) -> str:
    """What is wrong with the expiry time of a sign-in's JWT; empty if nothing.

    `until`: when it does according to auth's answer, None if that does not say it.
    """
    expires = jwt.decode(token, options={"verify_signature": False}).get("exp")
    if not isinstance(expires, int | float):
        return "it never expires"
    if until is not None and abs(expires - told(until)) >= ROUNDED:
        return f"its wallet was told {until}, it expires at {expires} (Unix time)"
    left = expires - time.time()
    return f"it expires in {left:.0f} s, sooner than in {SHORTEST} s" if left < SHORTEST else ""


TIMES = f"""
    select column_name from {COLUMNS}
    and (data_type like 'timestamp%%' or data_type in ('integer', 'bigint', 'numeric', 'double precision'))
    and is_generated = 'NEVER' and is_identity = 'NO' order by 1
"""
"""The columns of a table that may have times."""


LEFT = 900
"""Seconds of its lifetime that an aged token still has: enough for whatever a scenario does with it until its end."""


def age(db: Database, settings: ServiceSettings, token: str) -> dict[str, Any]:
    """Set all times in a token's row back, so that LEFT of its lifetime is left; return the resulting row.

    A token that is to live for less than twice as long keeps half of what is left.
    """
    table, (known, forms) = settings.tokens_table, is_token(settings, token)
    left = stored(db, settings, token)["seconds left"]
    passed = max(left - LEFT, left / 2)
    columns = [str(name) for (name,) in db.ask(SERVICE, TIMES, table)]
    assert columns, f"expected columns for times in {table} (timestamps or numbers), saw none"
    numbers = {row[0] for row in db.ask(SERVICE, NUMBERS, table)}
    earlier = ", ".join(set_back(name, is_number=name in numbers) for name in columns)
    statement = f"update {table} set {earlier} where {known}"
    db.ask(SERVICE, statement, *[passed] * len(columns), *forms)
    return stored(db, settings, token)


def in_clear(db: Database, token: str) -> list[str]:
    """The tables of the services' database, of any schema, that contain a token itself: as text, or as bytes."""
    login = replace(db.admin, database=db.login.database)
    tables = [name for name, kind, _ in relations(db)[db.login.database] if kind in ("r", "m", "p")]
    assert tables, f"expected tables in the database {db.login.database}, saw none"
    search = "select count(*) from {table} t where strpos(t::text, %s) > 0 or strpos(t::text, %s) > 0"
    ask = functools.partial(db.ask, db.leader(), login=login)
    return [name for name in tables if ask(search.format(table=quoted(name)), *traces(token)) != [(0,)]]
