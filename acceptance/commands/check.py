"""`make check` for what is no Python: OpenTofu's roots and the kustomizations."""

from __future__ import annotations

import argparse

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import INFRASTRUCTURE, ROOT, STATE
from acceptance.base.progress import say
from acceptance.clients.kustomize import build
from acceptance.clients.process import run as run_program
from acceptance.images.build import Images
from acceptance.images.upstream import upstream
from acceptance.infrastructure.kind import KindInfrastructure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(options: argparse.Namespace) -> int:
    """Check format and validity of each root, and build each kustomization; 1 if something is not in order."""
    images = Images()
    try:
        tools = images.ensure({"cluster"}).tools
        log = STATE / "check.log"
        infrastructure = KindInfrastructure(load_environment("kind"), "check", images, tools, log)
        infrastructure.folder = STATE / "check"
        infrastructure.init()
        run_program([tools / "tofu", "fmt", "-check", "-recursive", "-diff", INFRASTRUCTURE])
        infrastructure.tofu("validate", "-no-color")
        unbuilt = upstream(images)
        for kustomization in sorted((ROOT / "k8s").rglob("kustomization.yaml")):
            # A component builds only as a part of what includes it.
            if "upstream" in kustomization.parts or "kind: Component" in kustomization.read_text():
                continue
            if missing := unbuilt & set(kustomization.relative_to(ROOT / "k8s").parts):
                say(f"  not checked: {kustomization.parent}, for {missing.pop()}'s own manifests are not built yet")
                continue
            build(tools / "kubectl", kustomization.parent)
    except UserError as error:
        say(str(error))
        return 1
    say("OpenTofu's roots and the kustomizations are in order.")
    return 0
