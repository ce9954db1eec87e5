"""Rotation of a secret of the running platform. Source: task 23."""

import pytest
from pytest_bdd import given, then, when

from acceptance.drivers.api.sign_in import SignIn
from acceptance.drivers.operations import secret_rotation
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


@when("auth and the backend are restarted")
def restart(auth, backend):
    secret_rotation.restart(auth, backend)


@then("the token from before the rotation is rejected")
def old_is_refused(judges, before):
    judges.wait_all_say(False, *before)


@then("a new sign-in gets a token that auth and the backend accept")
def new_flow(judges, auth_api, environment, evidence):
    visitor = SignIn(auth_api, environment)
    visitor.answer = visitor.send(*visitor.message("a good message"))
    token = accepted(visitor, evidence)["jwt"]
    judges.wait_all_say(True, token, visitor.wallet.address)
