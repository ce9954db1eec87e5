"""The k8s/ tree of an environment: built by kustomize alone, from one generated component."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from built import tool

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.cluster import rendering
from acceptance.cluster.rendering import Rendering, settings

TOML = """
name = "small"
domain = "example.test"
overlay = "{overlay}"
acme = "{acme}"
acme_roots = "roots.pem"
[infrastructure]
provisioner = "kind"
[gitops]
polling_seconds = 33
"""


@pytest.fixture
def tree(tmp_path):
    """Makes the tree of an environment."""

    def make(overlay="kind", acme="pebble", **facts):
        file = tmp_path / "small.toml"
        file.write_text(TOML.format(overlay=overlay, acme=acme))
        made = Rendering(load_environment(str(file)), tmp_path / "k8s", Path(tool("kubectl")))
        made.write(**facts)
        return made

    return make


def the(manifests, kind, name):
    """One object."""
    return next(item for item in manifests if (item["kind"], item["metadata"]["name"]) == (kind, name))


@pytest.mark.parametrize("overlay", ["kind", "production"])
def test_hosts_are_those_of_the_environments_domain(tree, overlay):
    made = tree(overlay)
    rendered = [*made.manifests("ingress"), *made.manifests("argocd/route")]
    routes = [item for item in rendered if item["kind"] == "IngressRoute"]
    assert {item["kind"] for item in rendered} == {"IngressRoute", "Middleware"}
    matches = sorted(route["match"] for item in routes for route in item["spec"]["routes"])
    assert matches == [f"Host(`{name}.example.test`)" for name in ("api", "argocd", "auth", "www")]
    config = the(made.manifests("auth-service"), "ConfigMap", "auth-config")
    assert config["data"]["SIWE_DOMAINS"] == "www.example.test"


def test_a_folder_is_built_again_only_once_a_file_has_changed(tree, monkeypatch):
    made, seen = tree(), []
    monkeypatch.setattr(rendering, "build", lambda _, folder: seen.append(folder) or "a: 1")
    assert made.production("redis") == made.production("redis") == [{"a": 1}]
    assert len(seen) == 1
    (made.folder / "redis" / "more.yaml").write_text("")
    made.production("redis")
    made.manifests("redis")
    assert len(seen) == 3


def test_threads_and_processes_that_build_at_once_all_get_what_is_built(tree, monkeypatch):
    made, both, replace = tree(), threading.Barrier(2, timeout=20), Path.replace

    def replace_together(path, target):
        both.wait()  # Both have written before one moves its file to where it belongs.
        return replace(path, target)

    monkeypatch.setattr(rendering, "build", lambda *_: "a: 0")
    monkeypatch.setattr(Path, "replace", replace_together)
    with ThreadPoolExecutor(2) as pool:
        seen = [pool.submit(made.production, "redis") for _ in range(2)]
        assert [each.result() for each in seen] == [[{"a": 0}]] * 2


def test_images_have_the_tags_of_the_run(tree):
    made = tree(tags={"auth": "alternate-futures-1", "probe": "alternate-futures-2"})
    pod = the(made.manifests("auth-service"), "Deployment", "auth-service")["spec"]["template"]["spec"]
    assert [item["image"] for item in pod["containers"]] == ["alternate-futures/auth:alternate-futures-1"]


def test_what_is_printed_has_nothing_of_the_component_itself(tree):
    made = tree()
    names = [item["metadata"]["name"] for item in [*made.manifests("ingress"), *made.manifests("auth-service")]]
    assert "environment" not in names


def test_git_carries_the_same_tree_without_upstreams_manifests(tree):
    made = tree(tags={"auth": "alternate-futures-1"})
    files = made.files()
    assert "alternate-futures-1" in files["k8s/environment/run/kustomization.yaml"]
    assert set(files) >= {f"k8s/{name}/overlays/kind/kustomization.yaml" for name in ("auth-service", "redis")}
    assert not [path for path in files if path.startswith("k8s/upstream")]


def test_the_fingerprint_changes_with_a_manifest_or_an_image_and_with_nothing_else(tree):
    before = tree(tags={"auth": "one"}).fingerprint()
    made = tree(tags={"auth": "one"})
    assert made.fingerprint() == before
    (made.folder / "redis" / "added.yaml").write_text("kind: ConfigMap\n")
    assert made.fingerprint() != before
    assert tree(tags={"auth": "another"}).fingerprint() != before


def test_the_committed_settings_are_those_of_production():
    committed = yaml.safe_load((ROOT / "k8s" / "environment" / "settings.yaml").read_text())
    assert committed == settings(load_environment("production"))


def test_argocd_polls_as_often_as_the_environment_says(tree):
    made = tree()
    (made.folder / "scratch").mkdir()
    (made.folder / "scratch" / "kustomization.yaml").write_text("resources: [cm.yaml]\ncomponents: [../environment]\n")
    (made.folder / "scratch" / "cm.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\n"
        "data: {url: 'https://argocd.alternatefutures.ai', timeout.reconciliation: 180s}\n"
    )
    data = the(made.manifests("scratch"), "ConfigMap", "argocd-cm")["data"]
    assert data == {"url": "https://argocd.example.test", "timeout.reconciliation": "33s"}
