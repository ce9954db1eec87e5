"""Git, Argo CD, and the Applications that it deploys. Source: tasks 10, 14 to 16."""

from __future__ import annotations

import datetime
import os
import secrets
from typing import Any

import bcrypt

from acceptance.base.environment import GitOpsSettings
from acceptance.base.secrecy import register_secret
from acceptance.clients.argocd import ArgoCD
from acceptance.clients.port_forward import Forward
from acceptance.cluster.manifests import apply, secret_manifest
from acceptance.platform.application_status import ARGOCD, PASSWORD_SECRET
from acceptance.platform.git import REPOSITORIES, repository_url
from acceptance.platform.platform import Platform
from acceptance.platform.secrets import read_secret


def deploy_argocd(platform: Platform) -> None:
    """Task 10: Argo CD, its settings, its projects, and the repositories that it may read."""
    cluster = platform.cluster
    known_to_git = platform.wait_for("git-credentials")
    manifests = platform.render("argocd")
    if not read_secret(cluster, PASSWORD_SECRET, ARGOCD):
        password = register_secret(secrets.token_urlsafe(18))
        # Before the pods that read it: without it they exit, with a growing restart back-off.
        manifests.insert(0, own_secret(password, known_to_git["webhook-secret"]))
        manifests.insert(1, secret_manifest(PASSWORD_SECRET, ARGOCD, {"password": password}))
    apply(cluster, manifests)
    apply(cluster, [*platform.render("argocd/projects"), *repository_secrets(platform)])
    platform.wait_rolled_out(ARGOCD)


def own_secret(password: str, webhook: str) -> dict[str, Any]:
    """Argo CD's own Secret: the admin password hash and the webhook secret. Argo CD adds keys of its own."""
    now = datetime.datetime.now(datetime.UTC)
    values = {
        "admin.password": bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode(),
        "admin.passwordMtime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "webhook.github.secret": webhook,
    }
    manifest = secret_manifest("argocd-secret", ARGOCD, values)
    # Argo CD ignores Secrets without this label.
    manifest["metadata"]["labels"]["app.kubernetes.io/part-of"] = "argocd"
    return manifest


def repository_secrets(platform: Platform) -> list[dict[str, Any]]:
    """The repositories that Argo CD knows: inside the cluster, reading them takes no password."""
    settings, manifests = platform.environment.gitops, []
    password = reading_password(settings, platform.wait_for("git-credentials").get("password"))
    for name in REPOSITORIES if settings.server == "in-cluster" else settings.repositories:
        values = {"type": "git", "url": repository_url(settings, name)}
        if settings.server == "external" and password:
            values |= {"username": settings.user, "password": password}
        manifest = secret_manifest(f"repository-{name}", ARGOCD, values)
        manifest["metadata"]["labels"]["argocd.argoproj.io/secret-type"] = "repository"
        manifests.append(manifest)
    return manifests


def reading_password(settings: GitOpsSettings, pushing: str | None) -> str | None:
    """Argo CD's credential for reading: with no more rights than needed, if the environment names a variable for it."""
    if settings.reading_variable is None:
        return pushing
    given = os.environ.get(settings.reading_variable)
    return register_secret(given) if given else None


def argocd(platform: Platform) -> ArgoCD:
    """Argo CD's API, signed in with the password stored in the cluster."""
    forward = Forward(platform.cluster, ARGOCD, "svc/argocd-server", 80)
    platform.closing.callback(forward.close)
    password = (read_secret(platform.cluster, PASSWORD_SECRET, ARGOCD) or {})["password"]
    return ArgoCD(lambda: f"http://{forward.address()}", password)
