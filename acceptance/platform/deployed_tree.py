"""The k8s/ tree that an environment deploys, with what images and infrastructure say of it."""

from __future__ import annotations

from pathlib import Path

from acceptance.base.environment import Environment
from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.paths import STATE
from acceptance.cluster.rendering import Rendering
from acceptance.images.build import Images
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.applications import APPLICATIONS

COMPONENTS = (
    "access", "sealed-secrets", "pebble", "traefik", "git", "argocd", "argocd/projects", "argocd/applications",
    "argocd/route", "ingress", "metrics-server", "database", "redis", "auth-service", "backend-service",
    "frontend-service",
)  # fmt: skip
"""The folders of k8s/ that a platform is deployed from, in order."""


def components_of(environment: Environment) -> list[str]:
    """Those that an environment deploys."""
    elsewhere = {"pebble": environment.acme != "pebble", "git": environment.gitops.server != "in-cluster"}
    return [name for name in COMPONENTS if not elsewhere.get(name)]


def tree_of(environment: Environment, kubectl: Path) -> Rendering:
    """The tree as it was written last, by this process or by the one whose lane this is."""
    return Rendering(environment, STATE / environment.name / "k8s", kubectl)


def write_tree(environment: Environment, kubectl: Path, images: Images, outputs: Outputs | None) -> Rendering:
    """Write the tree anew. Without `outputs` nothing is provisioned, and no node has an address yet."""
    tree = tree_of(environment, kubectl)
    is_ours = isinstance(environment.infrastructure, KindSettings)
    # Without K3s nobody gives Traefik's Service an external address.
    addresses = (
        [item.address for item in outputs.workers] if outputs and (is_ours or "K3s" in environment.stand_ins) else []
    )
    if not is_ours:
        # Images come from registries, by the digests that the overlays name.
        tree.write(addresses=addresses)
        return tree
    names = sorted({name for needed in APPLICATIONS.values() for name in needed})
    tree.write(tags={name: images.content_tag(name) for name in names}, addresses=addresses)
    return tree
