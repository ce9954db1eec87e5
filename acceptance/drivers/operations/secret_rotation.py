"""Rotation of the token signing secret while the platform runs. Source: task 23."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import yaml

from acceptance.base.deadlines import ROLLED_OUT, ROUTE_READY, UNSEALED, Deadline
from acceptance.base.secrecy import register_secret
from acceptance.base.service_settings import ServiceSettings
from acceptance.base.waiting import consistently, eventually
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster, KubectlFailed
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.drivers.api import graphql, token_validation
from acceptance.drivers.api.graphql import Asked
from acceptance.drivers.secrets.sealing import LOGS
from acceptance.drivers.services.service import Api, Service, in_words
from acceptance.drivers.workloads.pods import PodClient
from acceptance.platform.secrets import SealedSecrets, read_secret

NAME, KEY = "jwt-secret", "JWT_SECRET"
PATH = f"k8s/secrets/{NAME}.yaml"
WORTHLESS = Deadline(5, "plan 23.10: what was signed with the old secret is worthless")


@dataclass(frozen=True)
class Judges:
    """Auth and the backend, which validate tokens: over HTTPS, by their Services, and at each of their current pods."""

    auth: Service
    backend: Service
    auth_api: Api
    backend_api: Api
    through: PodClient
    settings: ServiceSettings

    def verdicts(self, token: str, address: str) -> dict[str, bool]:
        """Whether a wallet's token is accepted, by endpoint. Raises AssertionError for an answer that says neither."""
        auth = {"auth over HTTPS": self.auth_api, **self.auth.doors(self.through)}
        backend = {"the backend over HTTPS": self.backend_api, **self.backend.doors(self.through)}
        found = token_validation.verdicts(token_validation.ask(auth, self.settings, token), self.settings)
        query, wanted = self.settings.protected_query, self.settings.protected_shows.format(address=address)
        answers = graphql.ask_everywhere(backend, self.settings, query, token)
        return found | {door: gives(asked, wanted) for door, asked in answers.items()}

    def wait_all_say(self, wanted: bool, token: str, address: str, *, stays: bool = True) -> None:
        """Wait until every endpoint accepts the token, or refuses it, and see that it stays so.

        Traefik may still route to a terminating pod for a moment. Raises TimedOut or DidNotStay.
        """

        def all_say() -> bool:
            seen = self.verdicts(token, address)
            others = sorted(door for door, said in seen.items() if said is not wanted)
            assert not others, f"the token {'refused' if wanted else 'accepted'} by {', '.join(others)}"
            return True

        what = f"the token to be {'accepted' if wanted else 'refused'} by auth and the backend"
        hint = "kubectl logs -l app=auth-service; kubectl logs -l app=backend-service"
        eventually(all_say, within=ROUTE_READY, what=what, hint=hint)
        if stays:
            consistently(all_say, during=WORTHLESS, what=what, hint=hint)


def gives(asked: Asked, wanted: str) -> bool:
    """Whether the backend returns protected data. Raises AssertionError for neither data nor a refusal."""
    if asked.status in (401, 403):
        return False
    if not asked.body().get("errors"):
        data = asked.data()
        assert graphql.shows(data, wanted), f"the backend's data does not show {wanted}: {data}"
        return True
    data = asked.body().get("data") or {}
    assert asked.status < 500 and not any(data.values()), f"neither data nor a refusal: {in_words(asked.answer)}"
    return False


def rotate(tool: SealedSecrets, repository: Repository, cluster: Cluster) -> tuple[str, dict[str, Any]]:
    """Seal a new value, commit it, apply it from Git, and wait until it is unsealed; return commit and values."""
    values = {KEY: register_secret(secrets.token_urlsafe(48))}
    sealed = tool.seal(secret_manifest(NAME, "default", values))
    commit = repository.commit({PATH: yaml.safe_dump(sealed)}, "Rotate the JWT secret")
    apply(cluster, [yaml.safe_load(repository.read(PATH))])

    def unsealed() -> bool:
        assert read_secret(cluster, NAME, "default") == values, f"the Secret {NAME} does not have the new value"
        return True

    eventually(unsealed, within=UNSEALED, what=f"the Secret {NAME} to have the new value", hint=LOGS)
    return commit, values


def restart(*services: Service) -> None:
    """Restart services as an operator does; return once their new pods are ready and the old ones are gone.

    A terminating pod still answers over open connections, with the old secret.
    """
    cluster = services[0].namespace.cluster
    for service in services:
        try:
            cluster.kubectl("-n", service.namespace.name, "rollout", "restart", f"deployment/{service.name}")
        except KubectlFailed as error:
            said = f"kubectl refuses to restart {service.name}: {error.problem}"
            raise AssertionError(f"{said}. Try: {service.hint}") from error

    def restarted() -> bool:
        for service in services:
            service.rolled_out()
            pods = service.namespace.pods(f"app={service.name}")
            going = [pod.metadata.name for pod in pods if pod.metadata.deletion_timestamp]
            assert not going, f"pods still terminating: {', '.join(going)}"
        return True

    what = " and ".join(service.name for service in services) + " to be restarted"
    eventually(restarted, within=ROLLED_OUT, what=what, hint="kubectl get pods")
