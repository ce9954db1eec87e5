"""pytest-kind's cluster, for one that OpenTofu created. Nothing is created or downloaded here."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_kind import KindCluster

from acceptance.base.errors import UserError
from acceptance.base.paths import STATE
from acceptance.clients import engine
from acceptance.clients.process import run
from acceptance.infrastructure.contract import Outputs


class ExistingKind(KindCluster):
    """An existing kind cluster. All its paths are given: pytest-kind's own are in the current directory."""

    def __init__(self, outputs: Outputs, tools: Path):
        # Not super().__init__, which creates a working folder in the current directory, whatever paths it is given.
        self.name = outputs.cluster_name
        self.image = None
        self.path = STATE / "pytest-kind"
        self.kubeconfig_path = outputs.kubeconfig_path
        self.kind_path = tools / "kind"
        self.kubectl_path = tools / "kubectl"

    def create(self, config_file: str | Path | None = None) -> None:
        """Check that kind knows the cluster. Raises UserError otherwise: only OpenTofu creates clusters."""
        # kind looks for its container engine on the PATH.
        path = os.pathsep.join((str(Path(engine.client()).parent), os.environ.get("PATH", "")))
        if self.name not in run([self.kind_path, "get", "clusters"], environment={"PATH": path}).stdout.split():
            raise UserError(f"kind has no cluster {self.name}", "run `make down`, then again")
