"""The k8s/ tree that an environment deploys, with values from images and infrastructure filled in."""

from __future__ import annotations

from pathlib import Path

from acceptance.base.environment import Environment
from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.paths import STATE
from acceptance.cluster.rendering import Rendering
from acceptance.images.build import Images
from acceptance.infrastructure.contract import Outputs
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.components import COMPONENTS

OF_CLUSTER = ("flannel", "kube-router", "local-path-provisioner")
"""What infrastructure/kind/cluster.sh deploys before a node is Ready; on machines, K3s brings its own."""


def components_of(environment: Environment) -> list[str]:
    """The folders of k8s/ that an environment deploys, in the order of the registry, after those of its cluster."""
    deployed = [item for item in COMPONENTS.values() if not item.is_external(environment)]
    of_cluster = OF_CLUSTER if isinstance(environment.infrastructure, KindSettings) else ()
    return [*of_cluster, *(folder for item in deployed for folder in item.manifests)]


def tree_of(environment: Environment, kubectl: Path) -> Rendering:
    """The tree as last written, by this process or by the run's main process."""
    return Rendering(environment, STATE / environment.name / "k8s", kubectl)


def write_tree(environment: Environment, kubectl: Path, images: Images, outputs: Outputs | None) -> Rendering:
    """Rewrite the tree. Without `outputs`, nothing is provisioned yet and no node has an address."""
    tree = tree_of(environment, kubectl)
    is_ours = isinstance(environment.infrastructure, KindSettings)
    # Without K3s, nothing gives Traefik's Service an external address.
    addresses = (
        [item.address for item in outputs.workers] if outputs and (is_ours or "K3s" in environment.stand_ins) else []
    )
    if not is_ours:
        # Images come from registries, by the digests in the overlays.
        tree.write(addresses=addresses)
        return tree
    names = sorted({name for item in APPLICATIONS for name in COMPONENTS[item].images})
    tree.write(tags={name: images.content_tag(name) for name in names}, addresses=addresses)
    return tree
