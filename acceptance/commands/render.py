"""`make render ENV=kind`: print the manifests that would be deployed, component by component, built by kustomize.

Node addresses are those of the running platform; without one there are none. Secrets are not included: a run generates
and seals them. Source: docs/architecture.md, "One way to change manifests".
"""

from __future__ import annotations

import argparse

from acceptance.base.environment import Environment, load_environment
from acceptance.base.errors import UserError
from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.paths import STATE, find_tool
from acceptance.images.build import Images
from acceptance.images.upstream_manifests import upstream
from acceptance.infrastructure.contract import Outputs
from acceptance.infrastructure.kind import KindInfrastructure
from acceptance.platform.deployed_tree import components_of, write_tree


def outputs_of(environment: Environment, images: Images) -> Outputs | None:
    """The outputs of the running platform on kind, if any."""
    state = STATE / environment.name
    if not isinstance(environment.infrastructure, KindSettings) or not (state / "terraform.tfstate").exists():
        return None
    return KindInfrastructure(environment, "render", images, images.cache / "bin", state / "render.log").attach()


def render(environment: Environment) -> str:
    """Everything that an environment deploys, as YAML. Raises UserError if something does not build or is missing."""
    kubectl = find_tool("kubectl")
    if kubectl is None:
        raise UserError("kubectl is missing", "run `make up` or `make check`, which build it, or install it")
    images = Images(services=environment.images.services)
    if lacking := upstream(images):
        raise UserError(f"upstream manifests are missing: {', '.join(sorted(lacking))}", "run `make up` once")
    tree = write_tree(environment, kubectl, images, outputs_of(environment, images))
    return "".join(f"# k8s/{tree.overlay(name)}\n---\n{tree.text(name)}---\n" for name in components_of(environment))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The environment."""
    parser.add_argument(
        "environment", nargs="?", default="kind", help="its name, or the path of its file (default: kind)"
    )


def run(options: argparse.Namespace) -> int:
    """Print the manifests."""
    print(render(load_environment(options.environment)), end="")
    return 0
