"""Rotation of a secret of the running platform. Source: task 23."""

import secrets

import yaml
from pytest_bdd import given, then, when

from acceptance.base.conditions import is_rolled_out
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import ROLLED_OUT, ROUTE_READY, UNSEALED, eventually
from acceptance.clients.web import url
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.drivers.services import Api
from acceptance.platform.secrets import read_secret
from steps.tokens import SignIn, accepted

NAME = "jwt-secret"
SERVICES = ("auth-service", "backend-service")


class Host(Api):
    """HTTPS to one of the platform's hosts, as users have it."""

    def __init__(self, web, domain, name):
        self.base, self.session = url(domain, name, ""), web


def sign_in(web, environment, evidence):
    """Sign in with a new wallet; return its JWT."""
    visitor = SignIn(Host(web, environment.domain, "auth"), environment)
    visitor.answer = visitor.send(*visitor.message("a good message"))
    return accepted(visitor, evidence)["jwt"]


def is_accepted(web, environment, token):
    """Whether the backend gives the protected data for a token."""
    body = {"query": environment.services.protected_query}
    answer = Host(web, environment.domain, "api").post(environment.services.graphql_path, body, token=token)
    assert answer.status_code == 200, f"HTTP {answer.status_code}: {answer.text[:200]}"
    return not answer.json().get("errors")


@given("a wallet that signed in over HTTPS, with a token that is accepted", target_fixture="old_token")
def token_before(web, routes, auth_service, backend_service, environment, evidence):
    token = sign_in(web, environment, evidence)
    assert is_accepted(web, environment, token), "the backend refuses a token that auth has just issued"
    return token


@when("a new JWT secret is sealed, committed to Git and applied", target_fixture="rotated")
def rotate(sealed_secrets, repository, cluster, platform_secrets, evidence):
    value = register_secret(secrets.token_urlsafe(48))
    sealed = sealed_secrets.seal(secret_manifest(NAME, "default", {"JWT_SECRET": value}))
    text = yaml.safe_dump(sealed)
    commit = repository.commit({f"k8s/secrets/{NAME}.yaml": text}, "Rotate the JWT secret")
    apply(cluster, [yaml.safe_load(repository.read(f"k8s/secrets/{NAME}.yaml"))])

    def unsealed():
        assert (read_secret(cluster, NAME, "default") or {}).get("JWT_SECRET") == value, "the Secret has the old value"
        return True

    hint = "kubectl -n sealed-secrets logs deploy/sealed-secrets-controller"
    eventually(unsealed, within=UNSEALED, what="the Secret with the new value", hint=hint)
    platform_secrets.values[NAME] = {"JWT_SECRET": value}
    evidence.add("commit", commit)
    return value


@when("auth and the backend are restarted")
def restart(cluster, rotated):
    for name in SERVICES:
        cluster.kubectl("rollout", "restart", f"deployment/{name}")

    def restarted():
        # A pod on its way out still answers those that are connected to it, with the secret of before.
        going = [
            pod.metadata.name
            for name in SERVICES
            for pod in cluster.core.list_namespaced_pod("default", label_selector=f"app={name}").items
            if pod.metadata.deletion_timestamp
        ]
        waiting = [
            name for name in SERVICES if not is_rolled_out(cluster.apps.read_namespaced_deployment(name, "default"))
        ]
        assert not waiting and not going, f"still restarting: {waiting}, still going: {going}"
        return True

    eventually(restarted, within=ROLLED_OUT, what="auth and the backend restarted", hint="kubectl get pods")


@then("the token from before the rotation is refused")
def old_is_refused(web, environment, old_token):
    def refused():
        assert not is_accepted(web, environment, old_token), "it is still accepted"
        return True

    # Traefik may know a pod that is going for a moment.
    eventually(refused, within=ROUTE_READY, what="the old token refused", hint="kubectl logs -l app=auth-service")


@then("a new sign-in gets a token that auth and the backend accept")
def new_flow(web, environment, evidence):
    token = sign_in(web, environment, evidence)
    assert is_accepted(web, environment, token), "the backend refuses a token that auth has just issued"
