"""Files that override what Argo CD deploys from Git are found in the folders that it deploys."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.argocd.source_overrides import overridden_in_git

FOLDER = "k8s/redis/overlays/kind"
PINNED = "kustomize: {images: ['redis=redis:7']}\n"
APPLICATION = {"metadata": {"name": "redis"}, "spec": {"source": {"path": FOLDER}}}


def repository(files):
    def git(*words):
        return files[words[1].removeprefix("HEAD:")] if words[0] == "show" else "\n".join(files)

    return Thing(fetch=lambda: None, git=git)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({f"{FOLDER}/.argocd-source-redis.yaml": PINNED}, {"redis"}),
        ({f"{FOLDER}/.argocd-source.yaml": PINNED}, {"redis"}),
        ({f"{FOLDER}/.argocd-source.yaml": "# nothing\n"}, set()),
        ({f"{FOLDER}/.argocd-source-auth-service.yaml": PINNED}, set()),
        ({"k8s/redis/base/.argocd-source.yaml": PINNED}, set()),
        ({f"{FOLDER}/kustomization.yaml": PINNED}, set()),
    ],
)
def test_a_file_that_overrides_the_kustomization_is_found(files, found):
    assert overridden_in_git({"redis": APPLICATION}, repository(files)).keys() == found
