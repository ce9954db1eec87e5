"""Builds do not depend on the user who cloned the project, nor on the engine's location."""

import subprocess

import pytest

from acceptance.clients import docker, engine
from acceptance.clients.docker import readable_by_all


def test_what_only_its_owner_may_read_is_built_as_everybody_else_has_it(tmp_path):
    folder = tmp_path / "recipe with a space"
    (folder / "deep").mkdir(parents=True)
    (folder / "nginx.conf").write_text("x")
    (folder / "deep" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "nginx.conf").chmod(0o600)
    (folder / "deep" / "run.sh").chmod(0o700)
    (folder / "deep").chmod(0o700)
    with readable_by_all(folder) as context:
        modes = {path.name: path.stat().st_mode & 0o777 for path in context.rglob("*")}
    assert modes == {"nginx.conf": 0o644, "deep": 0o755, "run.sh": 0o755}
    assert (folder / "nginx.conf").stat().st_mode & 0o777 == 0o600


def test_what_everybody_may_read_is_built_where_it_is(tmp_path):
    folder = tmp_path / "recipe"
    folder.mkdir(mode=0o755)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "Dockerfile").chmod(0o644)
    with readable_by_all(folder) as context:
        assert context == folder


def test_the_engine_is_where_the_client_says(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:2375")
    engine.endpoint.cache_clear()
    assert engine.endpoint() == "tcp://127.0.0.1:2375"
    monkeypatch.delenv("DOCKER_HOST")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    create = [engine.client(), "context", "create", "colima", "--docker", "host=unix:///tmp/colima.sock"]
    subprocess.run(create, check=True, capture_output=True)
    monkeypatch.setenv("DOCKER_CONTEXT", "colima")
    engine.endpoint.cache_clear()
    assert engine.endpoint() == "unix:///tmp/colima.sock"
    engine.endpoint.cache_clear()


def test_a_builder_in_a_container_of_its_own_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("BUILDX_BUILDER", "some-container-builder")
    engine.builder.cache_clear()
    seen = []
    monkeypatch.setattr(docker, "run_twice", lambda command, **options: seen.append(options["environment"]))
    docker.build(tmp_path, log=tmp_path / "log")
    assert seen[0]["BUILDX_BUILDER"] == engine.builder() == "default"
    engine.builder.cache_clear()


@pytest.mark.parametrize(
    ("status", "options"),
    [
        ('[["Backing Filesystem","extfs"]] x86_64', ()),
        ('[["driver-type","io.containerd.snapshotter.v1"]] x86_64', ("--platform", "linux/amd64")),
        ('[["driver-type","io.containerd.snapshotter.v1"]] aarch64', ("--platform", "linux/arm64")),
    ],
)
def test_one_platform_is_pushed_where_the_engine_has_no_other(monkeypatch, status, options):
    said = []
    monkeypatch.setattr(docker, "docker", lambda *arguments, **_: said.append(arguments) or status)
    docker.one_platform.cache_clear()
    docker.push("127.0.0.1:5001/some:1")
    docker.one_platform.cache_clear()
    assert said[-1] == ("push", *options, "127.0.0.1:5001/some:1")
