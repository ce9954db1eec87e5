"""The platform's repository: what Git carries of all that Argo CD deploys. Source: task 8.9."""

from __future__ import annotations

import yaml

from acceptance.base.paths import ROOT
from acceptance.cluster.manifests import for_domain
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.git import PLATFORM
from acceptance.platform.platform import Platform


def platform_files(platform: Platform) -> dict[str, str | None]:
    """What the platform's repository holds: the k8s/ tree with this run's image tags, and what is sealed."""
    files: dict[str, str | None] = {}
    for path in sorted((ROOT / "k8s").rglob("*")):
        if path.is_file() and "upstream" not in path.parts:
            files[str(path.relative_to(ROOT))] = for_domain(path.read_text(), platform.environment.domain)
    for application, images in APPLICATIONS.items():
        overlay_file = f"k8s/{application}/overlays/kind/kustomization.yaml"
        text = files.get(overlay_file)
        if text:
            files[overlay_file] = with_tags(text, {name: platform.images.content_tag(name) for name in images})
    return {**files, **platform.wait_for("platform-secrets").files()}


def with_tags(kustomization: str, tags: dict[str, str]) -> str:
    """A kustomization whose images of ours have these tags: what `kustomize edit set image` does."""
    document = yaml.safe_load(kustomization)
    others = [item for item in document.get("images", []) if item["name"].rpartition("/")[2] not in tags]
    document["images"] = others + [{"name": f"alternate-futures/{name}", "newTag": tag} for name, tag in tags.items()]
    return str(yaml.safe_dump(document, sort_keys=False))


def deploy_repository(platform: Platform) -> None:
    """Seed the platform's repository (task 8.9), so that Git carries all that Argo CD deploys.

    One that is somebody's own is seeded only while it is empty; later it gets what is sealed and missing there.
    """
    repository = platform.wait_for("git").repository(PLATFORM)
    files = platform_files(platform)
    if platform.environment.gitops.server == "external":
        repository.fetch()
        if (repository.folder / "k8s").is_dir():
            sealed = platform.wait_for("platform-secrets").files()
            files = {path: text for path, text in sealed.items() if not (repository.folder / path).exists()}
    repository.commit(files, "The platform as it is deployed")
