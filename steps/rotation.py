"""Rotation of a secret of the running platform. Source: task 23."""

from pytest_bdd import given, then, when

from acceptance.base.waiting import ROUTE_READY, eventually
from acceptance.drivers import rotation

REFUSED = "the backend refuses a token that auth has just issued"


@given("a wallet that signed in over HTTPS, with a token that is accepted", target_fixture="old_token")
def token_before(web, routes, auth_service, backend_service, environment):
    token = rotation.sign_in(web, environment)
    assert rotation.is_accepted(web, environment, token), REFUSED
    return token


@when("a new JWT secret is sealed, committed to Git and applied")
def rotate(sealed_secrets, repository, platform_secrets, evidence):
    value, commit = rotation.rotate(sealed_secrets, repository)
    platform_secrets.values[rotation.NAME] = {"JWT_SECRET": value}
    evidence.add("commit", commit)


@when("auth and the backend are restarted")
def restart(cluster):
    rotation.restart(cluster)


@then("the token from before the rotation is refused")
def old_is_refused(web, environment, old_token):
    def refused():
        assert not rotation.is_accepted(web, environment, old_token), "it is still accepted"
        return True

    # Traefik may know a pod that is going for a moment.
    eventually(refused, within=ROUTE_READY, what="the old token refused", hint="kubectl logs -l app=auth-service")


@then("a new sign-in gets a token that auth and the backend accept")
def new_flow(web, environment):
    token = rotation.sign_in(web, environment)
    assert rotation.is_accepted(web, environment, token), REFUSED
