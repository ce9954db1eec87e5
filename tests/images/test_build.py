"""The lock, the cache, and where images come from."""

import itertools
import subprocess
import time

import pytest
import requests
from built import image, tool

from acceptance.base.errors import UserError
from acceptance.base.paths import IMAGES
from acceptance.clients import engine
from acceptance.clients.docker import docker, inspect
from acceptance.images import build as builder
from acceptance.images import cache, lock


def test_every_recipe_of_the_lock_exists():
    for entry in lock.read_lock().values():
        if entry.recipe:
            assert (IMAGES / entry.recipe / "Dockerfile").is_file(), entry.name


def test_every_entry_that_nodes_or_the_engine_run_can_be_built():
    for entry in lock.read_lock().values():
        assert entry.recipe or entry.use == "base", entry.name


def test_an_unknown_key_in_the_lock_is_refused(tmp_path):
    path = tmp_path / "lock.toml"
    path.write_text('[some]\nuse = "node"\nrecipy = "some"\n')
    with pytest.raises(UserError, match="recipy"):
        lock.read_lock(path)


def test_the_hash_follows_the_files_and_what_is_needed(tmp_path, monkeypatch):
    for name in ("part", "whole"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setattr(lock, "IMAGES", tmp_path)
    entries = {
        "part": lock.Entry("part", "part", recipe="part"),
        "whole": lock.Entry("whole", "engine", recipe="whole", needs=("part",)),
    }
    before = lock.inputs_hash(entries["whole"], entries)
    assert lock.inputs_hash(entries["whole"], entries) == before
    (tmp_path / "part" / "Dockerfile").write_text("FROM scratch\n# changed\n")
    assert lock.inputs_hash(entries["whole"], entries) != before


def test_a_damaged_cache_entry_counts_as_not_there(tmp_path):
    (tmp_path / "tool").write_text("program")
    cache.seal_folder(tmp_path)
    assert cache.folder_is_whole(tmp_path)
    (tmp_path / "tool").write_text("progrbm")
    assert not cache.folder_is_whole(tmp_path)
    (tmp_path / "tool").unlink()
    assert not cache.folder_is_whole(tmp_path)


def test_a_copy_is_made_once_and_stays_for_those_who_read_it(tmp_path):
    source, copy = tmp_path / "source", tmp_path / "k8s" / "upstream" / "some"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "crd.yaml").write_text("a: 1\n")
    cache.seal_folder(source)
    cache.copy_once(source, copy, tmp_path)
    known = (copy / "deep" / "crd.yaml").stat().st_ino
    cache.copy_once(source, copy, tmp_path)
    assert (copy / "deep" / "crd.yaml").stat().st_ino == known
    (source / "deep" / "crd.yaml").write_text("a: 2\n")
    cache.copy_once(source, copy, tmp_path)
    assert cache.contents(copy) == {"deep/crd.yaml": b"a: 2\n"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k8s", "source"]


def test_auto_builds_where_no_registry_answers(capsys):
    assert builder.Images("auto", upstream="127.0.0.1:9").decide() == "build"
    assert "building from source" in capsys.readouterr().err


@pytest.fixture
def upstream():
    """A registry of this test's own, with one small image that plays an upstream one."""
    container = docker("run", "--detach", "--publish", "127.0.0.1::5000", image("registry"))
    address = docker("port", container, "5000").splitlines()[0]
    for attempt in itertools.count():
        try:
            requests.get(f"http://{address}/v2/", timeout=2)
            break
        except requests.RequestException:
            assert attempt < 100
            time.sleep(0.1)
    yield address
    docker("rm", "--force", "--volumes", container)


@pytest.mark.parametrize("by", ["tag", "digest"])
def test_pull_takes_images_from_a_registry(upstream, tmp_path, by):
    reference = f"{upstream}/library/tiny:1"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    environment = {"DOCKER_BUILDKIT": "1", "PATH": "/usr/bin:/bin"}
    subprocess.run([engine.client(), "build", "-q", "-t", reference, tmp_path], check=True, env=environment)
    docker("push", reference)
    digest = inspect("image", reference)["RepoDigests"][0].partition("@")[2]
    docker("rmi", "--force", reference)
    # With a digest the tag may mean anything by then.
    entry = (
        lock.Entry("tiny", "node", upstream="docker.io/library/tiny:1")
        if by == "tag"
        else lock.Entry("tiny", "node", upstream="docker.io/library/tiny:moved", digest=digest)
    )
    maker = builder.Images("auto", upstream=upstream)
    maker.lock["tiny"] = entry
    assert maker.decide() == "pull"
    maker.pull([entry])
    assert inspect("image", maker.tag(entry))
    assert maker.pulls == 1
    docker("rmi", "--force", maker.tag(entry), entry.pulled.replace("docker.io", upstream))


def test_pull_of_what_is_not_there_names_it(upstream):
    entry = lock.Entry("missing", "node", upstream="docker.io/library/missing:1")
    maker = builder.Images("pull", upstream=upstream)
    maker.lock["missing"] = entry
    with pytest.raises(UserError, match="missing"):
        maker.pull([entry])


def test_the_lock_has_the_load_balancer_that_kind_starts():
    program = tool("kind").read_bytes()
    assert (lock.read_lock()["haproxy"].upstream or "-").encode() in program
