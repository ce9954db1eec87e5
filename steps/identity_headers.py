"""Clients that say themselves who they are."""

from pytest_bdd import parsers, then

from acceptance.drivers.api import identity_headers
from acceptance.drivers.api.graphql import LOGS
from acceptance.drivers.api.wallet import forged


@then(parsers.parse("headers that name a user get no data with {kind} either, from the backend or from auth"))
def named_users_get_none(signed_in, backend_doors, auth_doors, environment, jwt_secret, kind, evidence):
    settings, wallet = environment.services, signed_in["wallet"]
    headers = identity_headers.identities(wallet.wallet.address, wallet.domain)
    token = None if kind == "no JWT" else forged(kind, signed_in["jwt"], jwt_secret)
    answers = identity_headers.ask_as_named(backend_doors, settings, token, headers)
    evidence.add("answers to who names a user", {door: asked.describe() for door, asked in answers.items()})
    wrong = identity_headers.let_in_as_named(answers)
    wrong |= identity_headers.accepted_as_named(auth_doors, settings, token, headers)
    assert answers and not wrong, f"expected headers that name a user to be ignored, saw {wrong}. Try: {LOGS}"
