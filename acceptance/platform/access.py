"""Access control in the services' namespace. Source: task 27."""

from __future__ import annotations

from dataclasses import dataclass

from acceptance.base.secrecy import register_secret
from acceptance.clients.caller import Caller
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import apply
from acceptance.platform.platform import Platform

NAME = "access"
NAMESPACE = "default"
DEVELOPER = "developer"
TOKEN_SECONDS = 600
"""The shortest token lifetime that the API grants."""


@dataclass(frozen=True)
class Access:
    """The developers' account."""

    cluster: Cluster

    def developer(self) -> Caller:
        """The API as a developer calls it, with a new token."""
        body = {"spec": {"expirationSeconds": TOKEN_SECONDS}}
        request = self.cluster.core.create_namespaced_service_account_token(DEVELOPER, NAMESPACE, body)
        return Caller(self.cluster, register_secret(request.status.token))


def deploy(platform: Platform) -> None:
    """Applies k8s/access: pod security, default-deny, the developers' role and account."""
    apply(platform.cluster, platform.render(NAME))
