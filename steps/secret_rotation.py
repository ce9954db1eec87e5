"""Rotation of a secret of the running platform. Source: task 23."""

import pytest
from pytest_bdd import given, then, when

from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.operations import secret_rotation
from acceptance.drivers.operations.queries_meanwhile import QueryLoop
from steps.tokens import accepted


@pytest.fixture
def judges(auth, backend, auth_api, backend_api, data_client, environment):
    """Auth and the backend, which validate tokens."""
    return secret_rotation.Judges(auth, backend, auth_api, backend_api, data_client, environment.services)


@given("a wallet that signed in over HTTPS and has a valid token", target_fixture="before")
def token_before(visitor, judges, evidence):
    visitor.answer = visitor.send(*visitor.message("a good message"))
    token = accepted(visitor, evidence)["jwt"]
    # Nothing changes yet: one acceptance by each is enough.
    judges.wait_all_say(True, token, visitor.wallet.address, stays=False)
    return token, visitor.wallet.address


@when("a new JWT secret is sealed, committed to Git and applied")
def rotate(sealed_secrets, repository, cluster, platform_secrets, evidence):
    commit, values = secret_rotation.rotate(sealed_secrets, repository, cluster)
    platform_secrets.values[secret_rotation.NAME] = values
    evidence.add("commit", commit)


@when("auth and the backend are restarted", target_fixture="queries")
def restart(auth, backend, backend_api, environment, before):
    token, address = before
    shown = environment.services.protected_shows.format(address=address)
    with QueryLoop(backend_api, environment.services, token, shown) as queries:
        secret_rotation.restart(auth, backend)
    return queries


@then("every protected query was answered meanwhile, with data or a refusal")
def queries_are_answered(queries, evidence):
    evidence.add("protected queries during the restart", queries.figures())
    wrong = queries.wrong()
    hint = "Try: kubectl logs -l app=backend-service --tail=100"
    assert not wrong, f"expected an answer to every query during the restart, but {wrong}: {queries.figures()}. {hint}"


@then("the token from before the rotation is rejected")
def old_is_refused(judges, before):
    judges.wait_all_say(False, *before)


@then("a new sign-in gets a token that auth and the backend accept")
def new_flow(judges, auth_api, environment, evidence):
    visitor = SignIn(auth_api, environment)
    visitor.answer = visitor.send(*visitor.message("a good message"))
    token = accepted(visitor, evidence)["jwt"]
    judges.wait_all_say(True, token, visitor.wallet.address)
