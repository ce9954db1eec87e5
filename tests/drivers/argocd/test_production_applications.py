"""Production's Applications point to their own folder, and to where their project allows; others are told."""

from types import SimpleNamespace

import pytest
import yaml
from manifest_changes import changed
from tests_support import kustomized

from acceptance.base.paths import ROOT
from acceptance.drivers.argocd.production_applications import in_words, pointing_elsewhere

PROJECTS = {
    item["metadata"]["name"]: item
    for item in yaml.safe_load_all((ROOT / "k8s/argocd/projects/base/projects.yaml").read_text())
}
REDIS = yaml.safe_load((ROOT / "k8s/argocd/applications/base/redis.yaml").read_text())
OBJECTS = [{"metadata": {"name": "redis"}}, {"metadata": {"name": "redis", "namespace": "default"}}]


def test_production_points_where_it_should():
    rendering = SimpleNamespace(production=lambda name: kustomized(f"{name}/overlays/production"))
    assert pointing_elsewhere(SimpleNamespace(rendering=rendering)) == {}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec/source/path", "k8s/redis/overlays/production", ""),
        ("spec/source/path", "./k8s/redis/overlays/production/", ""),
        ("spec/source/path", "k8s/redis/overlays/kind", "it deploys k8s/redis/overlays/kind"),
        ("spec/source/path", "k8s/auth-service/overlays/production", "it deploys k8s/auth-service"),
        ("spec/destination/namespace", "staging", "does not allow it to deploy to"),
        ("spec/destination/namespace", "staging", "name the namespaces"),
        ("spec/destination/server", "https://elsewhere", "does not allow it to deploy to"),
        ("spec/source/repoURL", "https://github.com/someone/platform.git", "does not allow the repository"),
        ("spec/project", "gone", "its project gone is not rendered"),
    ],
)
def test_an_application_that_points_elsewhere_is_told(path, value, said):
    found = "; ".join(in_words(changed(REDIS, path, value), PROJECTS, OBJECTS))
    assert said in found and bool(found) is bool(said)


def test_a_destination_may_be_a_pattern_or_a_clusters_name():
    project = changed(PROJECTS["alternate-futures"], "spec/destinations", [{"name": "in-*", "namespace": "*"}])
    named = changed(REDIS, "spec/destination", {"name": "in-cluster", "namespace": "default"})
    assert in_words(named, {"alternate-futures": project}, OBJECTS) == []


def test_an_application_that_is_not_rendered_is_a_failure():
    rendering = SimpleNamespace(production=lambda name: [REDIS] if name == "argocd/applications" else [])
    with pytest.raises(AssertionError, match="are missing"):
        pointing_elsewhere(SimpleNamespace(rendering=rendering))
