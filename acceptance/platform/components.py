"""All components of the platform. A new one is an entry here, with a fixture of its name in fixtures/components.py."""

from __future__ import annotations

import functools

from acceptance.platform import access, metrics
from acceptance.platform.application_status import Application
from acceptance.platform.applications import APPLICATIONS, WANTS, deploy_application
from acceptance.platform.argocd import argocd, deploy_argocd
from acceptance.platform.authority import authority, deploy_pebble
from acceptance.platform.git import PLATFORM, credentials, deploy_credentials, deploy_git, git_server
from acceptance.platform.ingress import Ingress, deploy_traefik, session
from acceptance.platform.platform import Component, Platform
from acceptance.platform.repository import deploy_repository
from acceptance.platform.routes import SERVICES, deploy_argocd_route, deploy_routes
from acceptance.platform.secrets import SealedSecrets, deploy_controller, deploy_secrets, platform_secrets


def nothing(_platform: Platform) -> None:
    """Deploys nothing: the component consists of its needs and wants."""


def an_application(name: str) -> Component:
    """The component of one of the plan's Applications."""
    return Component(
        name,
        deploy_application(name),
        functools.partial(lambda name, _platform: Application(name), name),
        needs=("argocd", "repository"),
        wants=WANTS.get(name, ()),
        images=(name,),
    )


COMPONENTS: dict[str, Component] = {
    item.name: item
    for item in (
        Component("access", access.deploy, lambda platform: access.Access(platform.cluster)),
        Component(
            "sealed-secrets",
            deploy_controller,
            lambda platform: SealedSecrets(platform.cluster, platform.state),
            images=("sealed-secrets",),
        ),
        Component("platform-secrets", deploy_secrets, platform_secrets, needs=("sealed-secrets",)),
        Component("pebble", deploy_pebble, authority, images=("pebble",)),
        Component(
            "traefik",
            deploy_traefik,
            lambda platform: Ingress(platform.cluster),
            needs=("pebble",),
            images=("traefik",),
        ),
        Component("web", nothing, session, needs=("pebble", "traefik")),
        Component("git-credentials", deploy_credentials, credentials),
        Component("git", deploy_git, git_server, needs=("git-credentials",), images=("git",)),
        Component("argocd", deploy_argocd, argocd, needs=("git-credentials",), images=("argocd", "redis")),
        Component("argocd-route", deploy_argocd_route, needs=("traefik", "argocd")),
        Component(
            "repository",
            deploy_repository,
            lambda platform: platform.wait_for("git").repository(PLATFORM),
            needs=("git", "platform-secrets"),
        ),
        *map(an_application, APPLICATIONS),
        Component("applications", nothing, needs=("argocd", "repository"), wants=tuple(APPLICATIONS)),
        Component("routes", deploy_routes, needs=("traefik",), wants=SERVICES),
        Component(metrics.NAME, metrics.deploy, images=("metrics-server",)),
    )
}
"""The components by name."""
