"""Git, Argo CD, and the Applications that it deploys. Source: tasks 10, 14 to 16."""

from __future__ import annotations

import datetime
import secrets
from typing import Any

import bcrypt

from acceptance.base.secrecy import register_secret
from acceptance.clients.argocd import ArgoCD
from acceptance.clients.port_forward import Forward
from acceptance.cluster.manifests import apply, overlay, render, secret_manifest
from acceptance.platform.application_status import ARGOCD, PASSWORD_SECRET
from acceptance.platform.git import REPOSITORIES, repository_url
from acceptance.platform.platform import Platform
from acceptance.platform.secrets import read_secret


def deploy_argocd(platform: Platform) -> None:
    """Task 10: Argo CD, its settings, its projects, and the repositories that it may read."""
    cluster, environment = platform.cluster, platform.environment
    known_to_git = platform.wait_for("git-credentials")
    manifests = render(cluster, overlay("argocd", environment), environment)
    known = read_secret(cluster, PASSWORD_SECRET, ARGOCD)
    if not known:
        known = {"password": register_secret(secrets.token_urlsafe(18))}
        now = datetime.datetime.now(datetime.UTC)
        settings = next(m for m in manifests if m["kind"] == "Secret" and m["metadata"]["name"] == "argocd-secret")
        settings["stringData"] = {
            "admin.password": bcrypt.hashpw(known["password"].encode(), bcrypt.gensalt(10)).decode(),
            "admin.passwordMtime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "webhook.github.secret": known_to_git["webhook-secret"],
        }
    else:
        manifests = [m for m in manifests if m["metadata"]["name"] != "argocd-secret"]
    for manifest in manifests:
        if manifest["kind"] == "ConfigMap" and manifest["metadata"]["name"] == "argocd-cm":
            manifest["data"]["timeout.reconciliation"] = f"{environment.gitops.polling_seconds}s"
    apply(cluster, manifests)
    apply(cluster, [secret_manifest(PASSWORD_SECRET, ARGOCD, known)])
    apply(
        cluster, [*render(cluster, overlay("argocd/projects", environment), environment), *repository_secrets(platform)]
    )
    platform.wait_rolled_out(ARGOCD)


def repository_secrets(platform: Platform) -> list[dict[str, Any]]:
    """The repositories that Argo CD is told of: reading them takes no password inside the cluster."""
    settings, manifests = platform.environment.gitops, []
    password = platform.wait_for("git-credentials").get("password")
    for name in REPOSITORIES if settings.server == "in-cluster" else settings.repositories:
        values = {"type": "git", "url": repository_url(settings, name)}
        if settings.server == "external" and password:
            values |= {"username": settings.user, "password": password}
        manifest = secret_manifest(f"repository-{name}", ARGOCD, values)
        manifest["metadata"]["labels"]["argocd.argoproj.io/secret-type"] = "repository"
        manifests.append(manifest)
    return manifests


def argocd(platform: Platform) -> ArgoCD:
    """Argo CD's API, signed in with the password that is kept in the cluster."""
    forward = Forward(platform.cluster, ARGOCD, "svc/argocd-server", 80)
    platform.closing.callback(forward.close)
    password = (read_secret(platform.cluster, PASSWORD_SECRET, ARGOCD) or {})["password"]
    return ArgoCD(forward, password)
