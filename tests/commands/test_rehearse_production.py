"""The rehearsal of production: what it deploys, which names it uses, and how it ends. Nothing is run."""

import tomllib
from pathlib import Path

import pytest
from built import tool, upstream_manifests
from tests_support import entry, verdicts

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.base.yaml_text import documents
from acceptance.clients.kustomize import build
from acceptance.cluster.rendering import Rendering
from acceptance.commands import rehearse_production
from acceptance.drivers.data.default_classes import ANNOTATIONS
from acceptance.images.pins import references
from acceptance.infrastructure.rehearsal import CLASSES, COREFILE, PUBLISHED

COMPONENTS = (
    "traefik",
    "argocd",
    "argocd/applications",
    "redis",
    "auth-service",
    "backend-service",
    "frontend-service",
)


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """The trees of production and of its rehearsal."""
    upstream_manifests()
    return {
        name: made
        for name in ("production", "rehearsal")
        if (made := Rendering(load_environment(name), tmp_path_factory.mktemp(name) / "k8s", Path(tool("kubectl"))))
        and made.write() is None
    }


@pytest.mark.parametrize("component", COMPONENTS)
def test_objects_and_images_are_those_of_production(trees, component):
    production, rehearsal = (trees[name].manifests(component) for name in ("production", "rehearsal"))
    assert [(item["kind"], item["metadata"]["name"]) for item in rehearsal] == [
        (item["kind"], item["metadata"]["name"]) for item in production
    ]
    assert references(rehearsal) == references(production)


def test_images_are_published_by_the_names_that_productions_overlays_have(trees):
    named = {
        text.partition("@")[0].partition("/")[2]
        for component in COMPONENTS
        for text in references(trees["rehearsal"].manifests(component))
    }
    assert {path for path in PUBLISHED.values() if path not in named} == set()


def test_settings_are_those_of_production():
    production, rehearsal = (
        tomllib.loads((ROOT / "environments" / f"{name}.toml").read_text()) for name in ("production", "rehearsal")
    )
    for table in ("secrets", "domain", "overlay"):
        assert rehearsal[table] == production[table]
    without = [
        {key: text for key, text in file["gitops"].items() if key != "repositories"} for file in (production, rehearsal)
    ]
    assert without[0] == without[1]
    assert production["unverifiable"].items() <= rehearsal["unverifiable"].items()


def test_the_file_names_the_cluster(tmp_path):
    text = (ROOT / "environments" / "rehearsal.toml").read_text()
    assert text.count(rehearse_production.NO_CLUSTER) == 1


def test_dns_leads_all_names_of_the_domain_to_the_load_balancer():
    text = COREFILE.format(
        domain=r"example\.test", balancer_host="balancer.test", balancer="10.0.0.1", git_host="git.test", git="10.0.0.2"
    )
    assert r"rewrite stop name regex (.*\.)?example\.test balancer.test answer auto" in text
    assert "10.0.0.1 balancer.test" in text and "10.0.0.2 git.test" in text


def test_the_kubelet_applies_fsgroup_to_volumes_of_every_class():
    """A volume's root belongs to root there, so that a pod could not write to one of a class without it."""
    folder = ROOT / "k8s" / CLASSES
    classes = [item for item in documents(build(Path(tool("kubectl")), folder)) if item["kind"] == "StorageClass"]
    assert {item["metadata"]["name"] for item in classes} == {"database", "redis", "ingress", "local-path"}
    assert {item["metadata"]["annotations"]["defaultVolumeType"] for item in classes} == {"local"}
    defaults = [item["metadata"]["name"] for item in classes if {*ANNOTATIONS} & {*item["metadata"]["annotations"]}]
    assert defaults == ["local-path"]


def test_a_summary_names_what_is_not_good_with_its_reason():
    document = verdicts("run-1", entry("2.1"), entry("2.2", "unverifiable"), entry("2.8", "not selected"))
    lines = rehearse_production.summary("judgement", {"code": 0, "seconds": 61.4, "document": document}).splitlines()
    assert lines[0] == "judgement: exit code 0, 61 s, 1 passed or substituted, 1 not:"
    assert len(lines) == 2 and "2.2  unverifiable: " in lines[1]
