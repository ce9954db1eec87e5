"""Digests of production's images: found, queried from a registry, written into overlays, compared with the base."""

import hashlib
import http.server
import os
import re
import shutil
import threading

import pytest
import yaml
from built import tool, upstream_manifests
from digest_registry import HASH, INDEX, Registry

from acceptance.__main__ import main
from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients.registry import Reference, Registries
from acceptance.images import pins

WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{name: wait, image: "alternate-futures/probe"}]
      containers: [{name: web, image: "docker.io/library/redis:7.0"}]
"""
OVERLAY = """# Above all.
resources: [../../base]
images:
  # What waits.
  - {name: alternate-futures/probe, newName: ghcr.io/af/probe, newTag: latest}
# Below.
commonAnnotations: {a: b}
"""


@pytest.fixture
def registry():
    """A registry on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    server.private, server.seen = False, []
    server.images = {"library/redis:7.0": HASH, "library/redis:7.2": HASH[:-4] + "ffff", "af/probe:latest": None}
    server.host = f"127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def k8s(tmp_path, monkeypatch):
    """A component with an overlay for production, and a kubectl that builds it."""
    monkeypatch.setenv("PATH", str(tool("kubectl").parent), prepend=os.pathsep)
    folder = tmp_path / "k8s"
    (folder / "web" / "base").mkdir(parents=True)
    (folder / "web" / "overlays" / "production").mkdir(parents=True)
    (folder / "web" / "base" / "web.yaml").write_text(WORKLOAD)
    (folder / "web" / "base" / "kustomization.yaml").write_text("resources: [web.yaml]\n")
    (folder / "web" / "overlays" / "production" / "kustomization.yaml").write_text(OVERLAY)
    return folder


def overlay_of(k8s):
    return (k8s / "web" / "overlays" / "production" / "kustomization.yaml").read_text()


def test_digests_are_written_beside_the_tags_and_comments_stay(k8s, registry, capsys):
    assert main(["pin", "--check", f"--k8s={k8s}"]) == 1
    assert "ghcr.io/af/probe:latest has no digest" in capsys.readouterr().out
    assert main(["pin", "--upstream", registry.host, f"--k8s={k8s}"]) == 0
    index = f"sha256:{hashlib.sha256(INDEX).hexdigest()}"
    assert overlay_of(k8s) == (
        "# Above all.\nresources: [../../base]\nimages:\n  # What waits.\n"
        f"  - {{name: alternate-futures/probe, newName: ghcr.io/af/probe, newTag: latest, digest: {index}}}\n"
        f"  - {{name: docker.io/library/redis, newTag: '7.0', digest: {HASH}}}\n"
        "# Below.\ncommonAnnotations: {a: b}\n"
    )
    assert main(["pin", "--check", f"--k8s={k8s}"]) == 0
    (found,) = pins.read_overlays(k8s)
    assert {str(reference) for reference in found.now} == {
        f"docker.io/library/redis:7.0@{HASH}",
        f"ghcr.io/af/probe:latest@{index}",
    }
    before = overlay_of(k8s)
    assert main(["pin", "--upstream", registry.host, f"--k8s={k8s}"]) == 0
    assert overlay_of(k8s) == before


def test_a_base_that_moved_on_is_seen_and_pinned_anew(k8s, registry, capsys):
    main(["pin", "--upstream", registry.host, f"--k8s={k8s}"])
    (k8s / "web" / "base" / "web.yaml").write_text(WORKLOAD.replace("7.0", "7.2"))
    assert main(["pin", "--check", f"--k8s={k8s}"]) == 1
    assert "docker.io/library/redis: 7.0 is pinned, but the base has 7.2" in capsys.readouterr().out
    assert main(["pin", "--upstream", registry.host, f"--k8s={k8s}"]) == 0
    assert f"newTag: '7.2', digest: {registry.images['library/redis:7.2']}" in overlay_of(k8s)


def test_where_nobody_answers_things_stay_as_they_were(k8s, registry, capsys):
    main(["pin", "--upstream", registry.host, f"--k8s={k8s}"])
    before = overlay_of(k8s)
    registry.images = {"library/redis:7.0": HASH[:-4] + "eeee"}
    assert main(["pin", "--upstream", registry.host, f"--k8s={k8s}"]) == 0
    assert overlay_of(k8s) == before.replace(HASH, HASH[:-4] + "eeee")
    assert "answers 404" in capsys.readouterr().err
    registry.shutdown()
    registry.server_close()
    before = overlay_of(k8s)
    assert main(["pin", "--upstream", registry.host, f"--k8s={k8s}"]) == 0
    assert overlay_of(k8s) == before
    assert "does not answer" in capsys.readouterr().err


def test_what_kustomize_does_not_reach_is_named(k8s, registry, capsys):
    (k8s / "web" / "base" / "web.yaml").write_text(f"{WORKLOAD}---\n{yaml.safe_dump(CUSTOM)}")
    assert main(["pin", "--upstream", registry.host, f"--k8s={k8s}"]) == 1
    assert "docker.io/library/redis:7.0 has no digest" in capsys.readouterr().out


def test_every_image_of_our_production_is_found(tmp_path):
    upstream_manifests()
    overlays = pins.read_overlays()
    found = {reference.name for overlay in overlays for reference in overlay.now}
    assert {"docker.io/yugabytedb/yugabyte", "ghcr.io/alternatefutures/auth", "quay.io/argoproj/argocd"} <= found
    assert not any(overlay.stale for overlay in overlays)


CUSTOM = {
    "apiVersion": "example.test/v1",
    "kind": "Cluster",
    "metadata": {"name": "one"},
    "spec": {"image": "docker.io/library/redis:7.0"},
}
CONFIG_MAP = {"kind": "ConfigMap", "data": {"pod.yaml": "spec:\n  containers:\n    - image: busybox:1.35\n"}}
CHART = {"kind": "YBCluster", "spec": {"image": {"repository": "docker.io/y/yb", "tag": "2025.2"}}}
DEFINITION = {"kind": "CustomResourceDefinition", "spec": {"image": {"type": "string"}, "default": {"image": "none:1"}}}


@pytest.mark.parametrize(
    ("manifest", "found"),
    [
        (yaml.safe_load(WORKLOAD), ["alternate-futures/probe", "docker.io/library/redis:7.0"]),
        (CUSTOM, ["docker.io/library/redis:7.0"]),
        (CONFIG_MAP, ["busybox:1.35"]),
        (CHART, ["docker.io/y/yb:2025.2"]),
        (DEFINITION, []),
        ({"kind": "Pod", "spec": {"args": ["--helper-image=a/b:1", "--image-pull=x", "-v"]}}, ["a/b:1"]),
        ({"kind": "Pod", "spec": {"env": [{"name": "RELATED_IMAGE", "value": "a/b:1"}]}}, ["a/b:1"]),
        ({"kind": "Pod", "spec": {"image": f"a/b:1@{HASH}", "imagePullPolicy": "Always"}}, []),
        ({"kind": "Pod", "spec": {"image": "a/b@sha256:short"}}, ["a/b@sha256:short"]),
    ],
    ids=["pod", "custom", "text", "chart", "definition", "argument", "variable", "pinned", "no digest"],
)
def test_images_without_a_digest_are_found_wherever_they_are_named(manifest, found):
    assert pins.unpinned([manifest, manifest]) == found


@pytest.mark.parametrize(
    ("text", "host", "repository", "tag"),
    [
        ("redis", "docker.io", "library/redis", ""),
        ("rancher/x:v1", "docker.io", "rancher/x", "v1"),
        ("docker.io/library/redis:7.0", "docker.io", "library/redis", "7.0"),
        ("localhost:5000/a/b:1", "localhost:5000", "a/b", "1"),
        (f"ghcr.io/a/b/c:1@{HASH}", "ghcr.io", "a/b/c", "1"),
    ],
)
def test_references_have_parts(text, host, repository, tag):
    reference = Reference.of(text)
    assert (reference.host, reference.repository, reference.tag) == (host, repository, tag)
    assert str(reference) == text


def test_a_registry_that_asks_for_a_token_is_given_one(registry):
    registry.private = True
    registries = Registries(registry.host)
    assert registries.digest(Reference.of("docker.io/library/redis:7.0")) == HASH
    assert registries.digest(Reference.of("docker.io/library/redis:7.2")) != HASH
    assert [path.partition("?")[0] for _, path, _ in registry.seen].count("/token") == 1
    manifests = [accept for _, path, accept in registry.seen if "/manifests/" in path]
    assert manifests[0].startswith("application/vnd.oci.image.index.v1+json")


def test_a_mirror_may_have_a_path(registry):
    registry.images["cache/library/redis:7.0"] = HASH
    assert Registries(f"{registry.host}/cache").digest(Reference.of("redis:7.0")) == HASH


def test_what_is_no_digest_is_refused(registry):
    registry.images["library/redis:7.0"] = "sha256:tiny"
    with pytest.raises(UserError, match="is not a digest"):
        Registries(registry.host).digest(Reference.of("redis:7.0"))


def test_every_kustomization_keeps_its_text_when_nothing_is_changed(tmp_path):
    for path in sorted((ROOT / "k8s").rglob("kustomization.yaml")):
        # What lies in upstream/ is upstream's, and no file of ours.
        if "upstream" in path.parts:
            continue
        copy = tmp_path / path.name
        shutil.copy(path, copy)
        with pins.editing_images(copy):
            pass
        assert copy.read_text() == path.read_text(), path


def test_digests_go_and_comments_stay(tmp_path):
    path = tmp_path / "kustomization.yaml"
    path.write_text(
        "images:\n  # Ours.\n"
        f"  - {{name: a, newName: b, newTag: '1', digest: {HASH}}}  # soon another\n"
        f"  - {{name: c, newTag: '2', digest: {HASH}}}\n"
        "patches:\n  # Theirs.\n  - {path: x.yaml}\n"
    )
    with pins.editing_images(path) as entries:
        pins.unpin(entries)
    assert re.sub(" +#", " #", path.read_text()) == (
        "images:\n # Ours.\n  - {name: a, newName: b, newTag: '1'} # soon another\n"
        "patches:\n # Theirs.\n  - {path: x.yaml}\n"
    )


def test_the_block_goes_with_its_last_entry(tmp_path):
    path = tmp_path / "kustomization.yaml"
    path.write_text(f"resources: [x.yaml]\nimages: [{{name: c, newTag: '2', digest: {HASH}}}]\n")
    with pins.editing_images(path) as entries:
        pins.unpin(entries)
    assert path.read_text() == "resources: [x.yaml]\n"
