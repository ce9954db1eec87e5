"""Rotation of the JWT secret of the running platform, and which tokens are accepted. Source: task 23."""

from __future__ import annotations

import secrets

import requests
import yaml

from acceptance.base.conditions import is_rolled_out
from acceptance.base.environment import Environment
from acceptance.base.secrecy import register_secret
from acceptance.base.waiting import ROLLED_OUT, UNSEALED, eventually
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.drivers.services import Api
from acceptance.drivers.sign_in import SignIn
from acceptance.platform.secrets import SealedSecrets, read_secret

NAME = "jwt-secret"
SERVICES = ("auth-service", "backend-service")


def sign_in(web: requests.Session, environment: Environment) -> str:
    """Sign in over HTTPS with a new wallet; return its JWT."""
    visitor = SignIn(Api.over_https(web, environment.domain, "auth"), environment)
    return str(visitor.enter()["jwt"])


def is_accepted(web: requests.Session, environment: Environment, token: str) -> bool:
    """Whether the backend gives the protected data for a token. Raises AssertionError if it says neither yes nor no."""
    path, body = environment.services.graphql_path, {"query": environment.services.protected_query}
    answer = Api.over_https(web, environment.domain, "api").post(path, body, token=token)
    if answer.status_code == 401:
        return False
    assert answer.status_code == 200, f"POST {path}: {answer.status_code} {answer.text[:200]}"
    return not answer.json().get("errors")


def rotate(tool: SealedSecrets, repository: Repository) -> tuple[str, str]:
    """Seal a new JWT secret, commit it and apply it from Git; return the value and the commit, once it is unsealed."""
    value, path = register_secret(secrets.token_urlsafe(48)), f"k8s/secrets/{NAME}.yaml"
    sealed = tool.seal(secret_manifest(NAME, "default", {"JWT_SECRET": value}))
    commit = repository.commit({path: yaml.safe_dump(sealed)}, "Rotate the JWT secret")
    apply(tool.cluster, [yaml.safe_load(repository.read(path))])

    def unsealed() -> bool:
        seen = (read_secret(tool.cluster, NAME, "default") or {}).get("JWT_SECRET")
        assert seen == value, "the Secret has the old value"
        return True

    hint = "kubectl -n sealed-secrets logs deploy/sealed-secrets-controller"
    eventually(unsealed, within=UNSEALED, what="the Secret with the new value", hint=hint)
    return value, commit


def going(cluster: Cluster, name: str) -> list[str]:
    """The pods of a service on their way out: they still answer those that are connected, with the secret of before."""
    pods = cluster.core.list_namespaced_pod("default", label_selector=f"app={name}").items
    return [pod.metadata.name for pod in pods if pod.metadata.deletion_timestamp]


def restart(cluster: Cluster) -> None:
    """Restart auth and the backend; return once all pods from before are gone."""
    for name in SERVICES:
        cluster.kubectl("rollout", "restart", f"deployment/{name}")

    def restarted() -> bool:
        for name in SERVICES:
            deployment = cluster.apps.read_namespaced_deployment(name, "default")
            assert is_rolled_out(deployment) and not going(cluster, name), f"{name} is still restarting"
        return True

    eventually(restarted, within=ROLLED_OUT, what="auth and the backend restarted", hint="kubectl get pods")
