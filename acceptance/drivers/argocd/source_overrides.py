"""Files in Git with settings that Argo CD puts above what the rest of Git says. Source: criterion 3.3."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from acceptance.clients.git import Repository
from acceptance.cluster.manifests import Manifest


def overridden_in_git(found: Mapping[str, Manifest], repository: Repository) -> dict[str, str]:
    """The Applications whose folder has such a file, with its path.

    Argo CD Image Updater writes them (`.argocd-source-NAME.yaml`). An empty one changes nothing.
    """
    repository.fetch()
    files = set(repository.git("ls-tree", "-r", "--name-only", "HEAD").splitlines())
    wrong = {}
    for name, item in found.items():
        folder = str((item["spec"].get("source") or {}).get("path", "")).strip("/")
        for file in (".argocd-source.yaml", f".argocd-source-{item['metadata']['name']}.yaml"):
            path = f"{folder}/{file}".lstrip("/")
            if path in files and yaml.safe_load(repository.git("show", f"HEAD:{path}")):
                wrong[name] = f"{path} overrides what is in Git"
    return wrong
