"""Sign-ins that have to be refused: at each pod, and without a trace in the table of tokens. Source: 8.7."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from acceptance.base.environment import Environment
from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.nonce_lifetime import LATE
from acceptance.drivers.api.nonce_replays import TRIES
from acceptance.drivers.api.sign_in import SignIn, got_token
from acceptance.drivers.api.sign_in_variants import FORMS, USED, sent_by_page
from acceptance.drivers.api.token_validation import REFUSALS
from acceptance.drivers.data.database import SERVICE, Database
from acceptance.drivers.services.service import Api, in_words

USED_AT_ONCE = "a nonce that it used several times at once"
"""The Examples' name for it."""
LET_IN = {USED: 1, USED_AT_ONCE: TRIES}
"""How often a wallet was rightly let in, at most, before it was refused; by what it signed in with."""


def not_refused(answer: requests.Response, settings: ServiceSettings) -> str:
    """The answer to a sign-in, in words, unless it is a refusal without a token; then empty."""
    is_refusal = answer.status_code in REFUSALS and not got_token(answer, settings.token_field)
    return "" if is_refusal else in_words(answer)


def let_in_at(doors: Mapping[str, Api], wallet: SignIn, environment: Environment) -> dict[str, str]:
    """The pods that let in a wallet which signs in with what was refused, and their answers. `doors`: the pods.

    Each gets another wallet's message, with a nonce of its own; of several forms, the last. Those that take a minute or
    dozens of sign-ins are not repeated, nor any where auth tells clients apart by address: all would be one client.
    """
    if wallet.kind in (LATE, USED_AT_ONCE) or not wallet.paths.client_header:
        return {}
    found = {}
    for door, api in doors.items():
        other = SignIn(wallet.api, environment)
        *_, last = FORMS[wallet.kind](other) if wallet.kind in FORMS else [other.message(wallet.kind)]
        other.api = api
        found[door] = not_refused(other.send(*last), wallet.paths)
        if by_page := sent_by_page(other, wallet.kind):
            found[f"{door}, sent by a page of that domain"] = not_refused(by_page, wallet.paths)
    return {door: said for door, said in found.items() if said}


def rows_too_many(db: Database, wallet: SignIn) -> int:
    """The rows in the table of tokens that belong to a wallet, beyond those of its sign-ins that were rightly accepted.

    0 where the table names its owners in another way than by address.
    """
    settings = wallet.paths
    owned = f"lower({settings.tokens_owner_column}::text) = lower(%s)"
    statement = f"select count(*) from {settings.tokens_table} where {owned}"
    ((count,),) = db.ask(SERVICE, statement, wallet.wallet.address)
    return max(0, int(count) - LET_IN.get(wallet.kind, 0))
