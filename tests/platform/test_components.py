"""The registry of components, compared with the lock of images, the manifests and the fixtures."""

import inspect
import re
from pathlib import Path

import pytest
from built import tool, upstream_manifests

from acceptance.base.environment import load_environment
from acceptance.base.paths import ROOT
from acceptance.cluster.rendering import Rendering
from acceptance.images.lock import LOCAL, read_lock
from acceptance.images.pins import references
from acceptance.platform.components import COMPONENTS, needed_groups
from fixtures import components as fixtures

LOCK = read_lock()
NOT_OF_THE_REGISTRY = {
    "acceptance": "the suite's own namespace and account",
    "environment": "values that overlays take in",
    "flannel": "kind's cluster, before any component",
    "kube-router": "kind's cluster, before any component",
    "local-path-provisioner": "kind's cluster, before any component",
    "production-classes": "storage classes of production's machines",
    "upstream": "what bases take in",
}


def test_every_image_of_a_component_is_in_the_lock_and_for_a_component():
    assert {image for item in COMPONENTS.values() for image in item.images} <= set(LOCK)
    groups = {group for entry in LOCK.values() for group in entry.components}
    assert groups - set(COMPONENTS) == {"cluster"}
    for item in COMPONENTS.values():
        own = {entry.name for entry in LOCK.values() if item.name in entry.components and entry.use == "node"}
        assert own <= set(item.images), f"{item.name}: the lock has {own - set(item.images)} for it"


def test_what_a_component_pulls_is_built_with_its_tools_and_upstream_manifests():
    assert needed_groups([], LOCK) == {"cluster"}
    assert needed_groups(["argocd"], LOCK) == {"cluster", "argocd", "redis"}
    assert needed_groups(["auth-service"], LOCK) == {"cluster", "auth-service"}


def test_every_folder_of_manifests_is_of_one_component():
    folders = [folder for item in COMPONENTS.values() for folder in item.manifests]
    assert len(folders) == len(set(folders))
    there = {path.name for path in (ROOT / "k8s").iterdir() if path.is_dir()}
    assert {folder.partition("/")[0] for folder in folders} == there - set(NOT_OF_THE_REGISTRY)


def test_every_component_has_a_fixture_or_is_there_for_another():
    named = {name.replace("_", "-") for name, _ in inspect.getmembers(fixtures)}
    needed = {need for item in COMPONENTS.values() for need in item.needs}
    assert set(COMPONENTS) - named <= needed


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """kind's tree, as `make render` builds it."""
    upstream_manifests()
    tree = Rendering(load_environment("kind"), tmp_path_factory.mktemp("tree") / "k8s", Path(tool("kubectl")))
    tree.write()
    return tree


@pytest.mark.parametrize("component", [name for name, item in COMPONENTS.items() if item.manifests])
def test_the_images_that_its_manifests_name_are_those_of_its_entry(tree, component):
    item = COMPONENTS[component]
    objects = [one for folder in item.manifests for one in tree.manifests(folder)]
    # Argo CD's dex has no replicas: nothing pulls its image.
    running = [one for one in objects if one.get("spec", {}).get("replicas", 1)]
    named = {re.sub("[:@].*", "", text) for text in references(running)}
    known = {name: re.sub("[:@].*", "", LOCK[name].upstream or f"{LOCAL}/{name}") for name in item.images}
    assert named == set(known.values())
