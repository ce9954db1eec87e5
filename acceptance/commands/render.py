"""`make render ENV=kind`: print what would be deployed, component by component, as kustomize builds it.

Addresses of nodes are those of the platform that is there; without one there are none. Secrets are made by a run,
sealed, and are not part of it. Source: docs/architecture.md, "One way to change manifests".
"""

from __future__ import annotations

import argparse

from acceptance.base.environment import Environment, load_environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.paths import STATE, find_tool
from acceptance.images.build import Images
from acceptance.images.upstream import upstream
from acceptance.infrastructure.contract import Outputs
from acceptance.infrastructure.kind import KindInfrastructure
from acceptance.platform.deployed_tree import components_of, write_tree


def outputs_of(environment: Environment, images: Images) -> Outputs | None:
    """The outputs of a platform of kind that is there."""
    state = STATE / environment.name
    if not isinstance(environment.infrastructure, KindSettings) or not (state / "terraform.tfstate").exists():
        return None
    return KindInfrastructure(environment, "render", images, images.cache / "bin", state / "render.log").attach()


def render(environment: Environment) -> str:
    """All that an environment deploys, as YAML. Raises UserError if something does not build or is not there yet."""
    kubectl = find_tool("kubectl")
    if kubectl is None:
        raise UserError("kubectl is not there", "run `make up` or `make check`, which make it, or install it")
    images = Images()
    if lacking := upstream(images):
        raise UserError(f"upstream's manifests are not there: {', '.join(sorted(lacking))}", "run `make up` once")
    tree = write_tree(environment, kubectl, images, outputs_of(environment, images))
    return "".join(f"# k8s/{tree.overlay(name)}\n---\n{tree.text(name)}---\n" for name in components_of(environment))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The environment."""
    parser.add_argument("environment", nargs="?", default="kind", help="its name, or the path of its file (kind)")


def run(options: argparse.Namespace) -> int:
    """Print the manifests."""
    print(render(load_environment(options.environment)), end="")
    return 0
