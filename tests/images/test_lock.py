"""The host tools' entries in the lock."""

import re

from acceptance.base.paths import IMAGES
from acceptance.images.lock import PLATFORMS, inputs_hash, read_lock


def test_the_lock_has_digests_of_the_pinned_versions_alone():
    for tool in read_lock().values():
        old = set(tool.sha256) - {tool.url(*platform) for platform in PLATFORMS}
        assert not old, f"{tool.name}: digests of another version than {tool.version}; remedy: make lock-downloads"
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in tool.sha256.values()), tool.name
        assert all(url.startswith("https://") for url in tool.sha256)


def test_tools_are_downloaded_in_the_version_that_is_built():
    tools = {tool.program: tool for tool in read_lock().values() if tool.download}
    assert tools.keys() == MODULES.keys()
    for name, tool in tools.items():
        version = f"v{tool.version.removeprefix('v')}"
        modules = (IMAGES / tool.recipe / "go.mod").read_text()
        assert re.search(rf"(?m)^\s*{MODULES[name]} {version}( |$)", modules), f"{name} is not built as {version}"
        assert tool.sums and tool.asks


def test_another_folder_of_services_replaces_their_recipes_alone():
    reference, other = read_lock(), read_lock(services="tests/other_services")
    moved = {name: other[name].recipe for name in other if other[name] != reference[name]}
    assert moved == {name: f"../tests/other_services/{name}" for name in ("auth", "backend", "frontend")}
    for name in moved:
        assert inputs_hash(other[name], other) != inputs_hash(reference[name], reference)


MODULES = {
    "kind": "sigs.k8s.io/kind",
    "kubectl": "k8s.io/kubernetes",
    "tofu": "github.com/opentofu/opentofu",
    "kubeseal": "github.com/bitnami/sealed-secrets",
}
"""The Go module whose version is that of a tool."""
