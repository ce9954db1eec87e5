"""The registry: all components of the platform. A new one is one entry here, and a fixture of its name.

An entry holds what else is derived from: what comes up before and beside it, the folders of k8s/ that `make render`
prints, the images that a cluster pulls, and what a defect in it affects (acceptance/proof/rounds.py).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from acceptance.images.lock import Entry
from acceptance.platform import access, git, metrics
from acceptance.platform.application_deployment import deploy_application
from acceptance.platform.application_status import Application
from acceptance.platform.argocd import argocd, deploy_argocd
from acceptance.platform.authority import authority, deploy_pebble, is_public
from acceptance.platform.ingress import Ingress, deploy_traefik, session
from acceptance.platform.platform import Component, Platform
from acceptance.platform.repository import deploy_repository
from acceptance.platform.routes import SERVICES, deploy_argocd_route, deploy_routes
from acceptance.platform.secrets import SealedSecrets, deploy_controller, deploy_secrets, platform_secrets


def nothing(_platform: Platform) -> None:
    """Deploys nothing: the component consists of its needs and wants."""


def an_application(name: str, *images: str, wants: tuple[str, ...] = ()) -> Component:
    """The component of one of the plan's Applications, whose folder of k8s/ has its name."""
    return Component(
        name,
        deploy_application(name),
        functools.partial(lambda name, _platform: Application(name), name),
        needs=("argocd", "repository"),
        wants=wants,
        manifests=(name,),
        images=images,
        is_application=True,
    )


EVERY_APPLICATION = (
    an_application("database", "patroni"),
    an_application("redis", "redis"),
    an_application("auth-service", "auth", "probe", wants=("database", "redis")),
    an_application("backend-service", "backend", "probe", wants=("database", "auth-service")),
    an_application("frontend-service", "frontend", "probe"),
)

COMPONENTS: dict[str, Component] = {
    item.name: item
    for item in (
        Component("access", access.deploy, lambda platform: access.Access(platform.cluster), manifests=("access",)),
        Component(
            "sealed-secrets",
            deploy_controller,
            lambda platform: SealedSecrets(platform.cluster, platform.state),
            manifests=("sealed-secrets",),
            images=("sealed-secrets",),
        ),
        Component("platform-secrets", deploy_secrets, platform_secrets, needs=("sealed-secrets",)),
        Component("pebble", deploy_pebble, authority, manifests=("pebble",), images=("pebble",), is_external=is_public),
        Component(
            "traefik",
            deploy_traefik,
            lambda platform: Ingress(platform.cluster),
            needs=("pebble",),
            manifests=("traefik",),
            images=("traefik",),
        ),
        Component("web", nothing, session, needs=("pebble", "traefik")),
        Component("git-credentials", git.deploy_credentials, git.credentials, is_external=git.is_external),
        Component(
            "git",
            git.deploy_git,
            git.git_server,
            needs=("git-credentials",),
            manifests=("git",),
            images=("git",),
            is_external=git.is_external,
        ),
        Component(
            "argocd",
            deploy_argocd,
            argocd,
            needs=("git-credentials",),
            manifests=("argocd", "argocd/projects"),
            images=("argocd", "redis"),
        ),
        Component(
            "repository",
            deploy_repository,
            lambda platform: platform.wait_for("git").repository(git.PLATFORM),
            needs=("git", "platform-secrets"),
        ),
        # Each Application applies its own object of this folder.
        Component(
            "applications",
            nothing,
            needs=("argocd", "repository"),
            wants=tuple(item.name for item in EVERY_APPLICATION),
            manifests=("argocd/applications",),
        ),
        Component("argocd-route", deploy_argocd_route, needs=("traefik", "argocd"), manifests=("argocd/route",)),
        Component("routes", deploy_routes, needs=("traefik",), wants=SERVICES, manifests=("ingress",)),
        Component(metrics.NAME, metrics.deploy, manifests=(metrics.NAME,), images=("metrics-server",)),
        *EVERY_APPLICATION,
    )
}
"""The components by name, in the order in which their manifests are rendered."""


def needed_groups(names: Iterable[str], lock: Mapping[str, Entry]) -> set[str]:
    """The groups of the lock (`for`) that a cluster with these components needs: images, tools, upstream manifests."""
    images = [image for name in names for image in COMPONENTS[name].images]
    return {"cluster", *names, *(group for image in images for group in lock[image].components)}
