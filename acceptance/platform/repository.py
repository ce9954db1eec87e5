"""The platform's repository: what Git carries of all that Argo CD deploys. Source: task 8.9."""

from __future__ import annotations

from acceptance.platform.git import PLATFORM
from acceptance.platform.platform import Platform


def platform_files(platform: Platform) -> dict[str, str | None]:
    """What the platform's repository holds: the k8s/ tree as this environment renders it, and what is sealed."""
    return {**platform.rendering.files(), **platform.wait_for("platform-secrets").files()}


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
