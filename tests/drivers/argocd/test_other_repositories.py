"""What a kustomization takes from elsewhere is told, and a tag that is named like the branch; files here are not."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.paths import ROOT
from acceptance.drivers.argocd.other_repositories import ambiguous, remote_bases


@pytest.mark.parametrize(
    "text",
    [
        "resources: ['http://git.git.svc.cluster.local/demo.git//redis-policies?ref=main']",
        "resources: ['https://example.com/raw/redis.yaml']",
        "resources: ['github.com/owner/name//k8s?ref=v1']",
        "resources: ['git@github.com:owner/name.git']",
        "components: ['ssh://git@example.com/name']",
        "bases: ['owner/name//k8s?ref=main']",
        "patches: [{path: 'https://example.com/patch.yaml'}]",
        "openapi: {path: 'https://example.com/schema.json'}",
        "configMapGenerator: [{name: a, files: ['init.sql=https://example.com/init.sql']}]",
        "helmCharts: [{name: redis, repo: 'https://charts.example.com'}]",
    ],
)
def test_what_is_taken_from_elsewhere_is_told(tmp_path, text):
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis/kustomization.yaml").write_text(text)
    assert remote_bases(tmp_path).keys() == {"redis/kustomization.yaml"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "resources: [../../base, redis.yaml, ./policies, v1.2.yaml, v1.2/base, ../../upstream/argocd/install.yaml]",
        "patches: [{path: patch.yaml}, {patch: '- {op: add, path: /a, value: https://example.com}'}]",
        'patchesStrategicMerge: ["kind: A\\nurl: https://example.com"]',
        "configMapGenerator: [{name: a, files: [init.sql], literals: ['URL=https://example.com']}]",
        "images: [{name: ghcr.io/alternate-futures/auth, newName: example.com/auth}]",
    ],
)
def test_what_is_here_is_not_told(tmp_path, text):
    (tmp_path / "kustomization.yaml").write_text(text)
    (tmp_path / "v1.2/base").mkdir(parents=True)
    (tmp_path / "upstream").mkdir()
    (tmp_path / "upstream/kustomization.yaml").write_text("resources: ['https://example.com/a.yaml']")
    assert remote_bases(tmp_path) == {}


def test_the_platforms_own_kustomizations_take_nothing_from_elsewhere():
    assert [*(ROOT / "k8s").rglob("kustomization.yaml")] and remote_bases(ROOT / "k8s") == {}


@pytest.mark.parametrize(
    ("reference", "revision", "is_told"),
    [
        ("refs/tags/main", "main", True),
        ("refs/tags/main", "refs/heads/main", False),
        ("refs/tags/main-1", "main", False),
        ("refs/heads/old/main", "main", False),
    ],
)
def test_a_tag_that_is_named_like_the_branch_is_told(reference, revision, is_told):
    listed = f"c0ffee\trefs/heads/main\nbeef\t{reference}"
    repository = Thing(url="git/platform", remote=lambda: "here", git=lambda *_: listed)
    sources = {"redis": "git/platform", "demo": "git/demo"}
    found = {name: {"spec": {"source": {"repoURL": url, "targetRevision": revision}}} for name, url in sources.items()}
    assert [*ambiguous(found, repository)] == (["redis"] if is_told else [])
