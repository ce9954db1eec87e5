"""`kubectl kustomize`, which builds all of this project's kustomizations."""

from __future__ import annotations

from pathlib import Path

from acceptance.clients.process import run

TIMEOUT = 120


def build(kubectl: Path, folder: Path) -> str:
    """The objects of a kustomization, as YAML. Raises UserError if it does not build.

    Overlays read upstream manifests, which are outside their own folder.
    """
    command: list[str | Path] = [kubectl, "kustomize", "--load-restrictor", "LoadRestrictionsNone", folder]
    return run(command, timeout=TIMEOUT).stdout
