"""The Git server that Argo CD reads. Source: tasks 8 and 10."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import bcrypt

from acceptance.base.environment import Environment, GitOpsSettings
from acceptance.base.errors import UserError
from acceptance.base.secrecy import register_secret
from acceptance.clients.git import Repository
from acceptance.clients.port_forward import Forward
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.platform.platform import Platform
from acceptance.platform.secrets import read_secret

GIT = "git"
PLATFORM = "platform"
REPOSITORIES = (PLATFORM, "demo", "demo-polled")


class GitServer:
    """The Git server: in the cluster, reached through a port-forward, or external (`forward` is None)."""

    def __init__(self, settings: GitOpsSettings, forward: Forward | None, folder: Path, user: str, password: str):
        self.settings = settings
        self.forward = forward
        self.folder = folder
        self.user = user
        self.password = password

    def names(self) -> list[str]:
        """The names of its repositories."""
        return [*REPOSITORIES] if self.settings.server == "in-cluster" else [*self.settings.repositories]

    def repository(self, name: str) -> Repository:
        """One of its repositories, with a clone below our folder. Raises UserError if the environment lacks it."""
        url = repository_url(self.settings, name)

        def remote() -> str:
            return f"http://{self.forward.address()}/{name}.git" if self.forward else url

        return Repository(name, url, remote, self.folder, self.user, self.password)


def is_external(environment: Environment) -> bool:
    """Whether Argo CD reads from a Git server outside the cluster."""
    return environment.gitops.server == "external"


def deploy_credentials(platform: Platform) -> None:
    """The password for pushing, and the secret that signs webhooks; kept if they exist."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": GIT}}
    apply(platform.cluster, [namespace])
    if read_secret(platform.cluster, "git-credentials", GIT):
        return
    password, webhook = register_secret(secrets.token_urlsafe(24)), register_secret(secrets.token_hex(24))
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode()
    values = {"password": password, "htpasswd": f"platform:{hashed}\n", "webhook-secret": webhook}
    apply(platform.cluster, [secret_manifest("git-credentials", GIT, values)])


def deploy_git(platform: Platform) -> None:
    """The Git server, with its repositories."""
    apply(platform.cluster, platform.render(GIT))
    platform.wait_rolled_out(GIT)


def credentials(platform: Platform) -> dict[str, str]:
    """For pushing, and for signing webhooks. An external server has its own; Argo CD keeps what it was given."""
    settings = platform.environment.gitops
    if settings.server == "in-cluster":
        return read_secret(platform.cluster, "git-credentials", GIT) or {}
    given = os.environ.get(settings.password_variable or "", "")
    webhook = os.environ.get(settings.webhook_variable or "") or secrets.token_hex(24)
    return {"password": register_secret(given), "webhook-secret": register_secret(webhook)}


def git_server(platform: Platform) -> GitServer:
    """How the suite reaches the Git server."""
    settings, known = platform.environment.gitops, platform.wait_for("git-credentials")
    if settings.server == "external":
        return GitServer(settings, None, platform.clones, settings.user, known["password"])
    forward = Forward(platform.cluster, GIT, "svc/git", 80)
    platform.closing.callback(forward.close)
    return GitServer(settings, forward, platform.clones, "platform", known["password"])


def repository_url(settings: GitOpsSettings, name: str) -> str:
    """A repository's URL as configured in Argo CD. Raises UserError if the environment has none of that name."""
    if settings.server == "in-cluster":
        return f"http://git.git.svc.cluster.local/{name}.git"
    for known, url in settings.repositories.items():
        if known == name:
            return url
    raise UserError(
        f"the environment has no repository {name}", f"set gitops.repositories.{name} to one that scenarios may push to"
    )
