"""The platform's repository: everything that Argo CD deploys from Git. Source: task 8.9."""

from __future__ import annotations

from acceptance.platform.git import PLATFORM
from acceptance.platform.platform import Platform


def platform_files(platform: Platform) -> dict[str, str | None]:
    """The contents of the platform's repository: the k8s/ tree as rendered for this environment, and sealed secrets."""
    return {**platform.rendering.files(), **platform.wait_for("platform-secrets").files()}


def deploy_repository(platform: Platform) -> None:
    """Seed the platform's repository (task 8.9), so that Git holds everything that Argo CD deploys.

    An external repository is seeded only while it is empty; later only missing sealed secrets are added.
    """
    repository = platform.wait_for("git").repository(PLATFORM)
    files = platform_files(platform)
    if platform.environment.gitops.server == "external":
        repository.fetch()
        if (repository.folder / "k8s").is_dir():
            sealed = platform.wait_for("platform-secrets").files()
            files = {path: text for path, text in sealed.items() if not (repository.folder / path).exists()}
    repository.commit(files, "The platform as deployed")
