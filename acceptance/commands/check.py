"""`make check` for everything but Python: OpenTofu's roots, the kustomizations, and the catalogue of defects."""

from __future__ import annotations

import argparse

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import INFRASTRUCTURE, ROOT, STATE
from acceptance.base.progress import say
from acceptance.clients.kustomize import build
from acceptance.clients.process import run as run_program
from acceptance.criteria.fingerprint import scenarios
from acceptance.criteria.ledger import read_ledger, unproven
from acceptance.images.build import Images
from acceptance.images.upstream_manifests import upstream
from acceptance.infrastructure.kind import KindInfrastructure
from acceptance.proof.catalogue import load_defects, unknown_criteria


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def check_defects() -> None:
    """Read the catalogue; print which criteria no defect has turned red. Raises UserError for an invalid entry."""
    defects, judged = load_defects(), scenarios()
    if unknown := unknown_criteria(defects, set(judged)):
        raise UserError("; ".join(unknown), "fix the entry, or write the scenario: docs/developer-guide.md")
    missing, stale = unproven(read_ledger(), judged)
    say(f"{len(defects)} defects; {len(judged) - len(missing)} of {len(judged)} scenarios have been seen red.")
    for what, names in (("Never seen red", missing), ("Judging code changed since", stale)):
        if names:
            say(f"  {what} ({len(names)}): {', '.join(names)}. Remedy: make prove ARGS=--stale")


def run(options: argparse.Namespace) -> int:
    """Check each root, each kustomization and the catalogue of defects; return 1 if anything is wrong."""
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
            # A component only builds as part of what includes it.
            if "upstream" in kustomization.parts or "kind: Component" in kustomization.read_text():
                continue
            if missing := unbuilt & set(kustomization.relative_to(ROOT / "k8s").parts):
                say(f"  not checked: {kustomization.parent}, because {missing.pop()}'s upstream is not built yet")
                continue
            build(tools / "kubectl", kustomization.parent)
        check_defects()
    except UserError as error:
        say(str(error))
        return 1
    say("OpenTofu's roots and the kustomizations are fine.")
    return 0
