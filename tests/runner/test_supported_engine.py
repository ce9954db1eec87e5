"""Engines that cannot run the platform are refused with a remedy, before any image."""

import json
import os

import pytest

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.clients import engine
from acceptance.commands import with_engine
from acceptance.runner import preflight, supported_engine

DOCKER = """#!/bin/sh
case "$*" in
--version) echo '{says}' ;;
"buildx version") ;;
"version --format {{{{json .Server}}}}") echo '{server}' ;;
version*) echo 28.0.0 ;;
"info --format {{{{json .}}}}") /bin/cat '{folder}/info' ;;
"context inspect"*) echo '{endpoint}' ;;
"context show") echo default ;;
*) echo '{{}}' ;;
esac
"""
ABLE = {
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
    "CgroupVersion": "2",
    "MemoryLimit": True,
    "PidsLimit": True,
    "CPUShares": True,
}


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Put a client with these answers on the PATH, the only one there is."""

    def make(*, says="Docker version 28.0.0", server="{}", endpoint="unix:///var/run/docker.sock", info=None):
        (tmp_path / "info").write_text(json.dumps(info or {}))
        text = DOCKER.format(says=says, server=server, folder=tmp_path, endpoint=endpoint)
        (tmp_path / "docker").write_text(text)
        (tmp_path / "docker").chmod(0o755)

    isfile = os.path.isfile
    monkeypatch.setattr(engine.os.path, "isfile", lambda path: isfile(path) and str(path) != "/usr/bin/docker")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    caches = (engine.client, engine.endpoint, engine.builder)
    for cache in caches:
        cache.cache_clear()
    yield make
    for cache in caches:
        cache.cache_clear()


@pytest.fixture
def settings():
    """Those of environment kind."""
    return load_environment("kind").infrastructure


def test_podman_under_dockers_name_is_refused(fake):
    fake(says="podman version 4.3.1")
    assert "is Podman, not Docker" in preflight.check_engine()
    assert "Remedy: install Docker" in preflight.check_engine()


def test_podman_is_not_replaced_without_asking(fake, monkeypatch):
    fake(says="podman version 4.3.1")
    monkeypatch.setattr(with_engine, "raise_inotify_limits", lambda: None)
    monkeypatch.setattr(with_engine, "install_programs", lambda: None)
    monkeypatch.setattr(with_engine, "install_packages", lambda *_: pytest.fail("it was replaced"))
    with pytest.raises(UserError, match="Podman"):
        with_engine.ensure(uid=lambda: 0)


@pytest.mark.parametrize(("server", "refused"), [('{"Components":[{"Name":"Podman Engine"}]}', True), ("{}", False)])
def test_podman_behind_dockers_client_is_refused(fake, server, refused):
    fake(server=server)
    assert ("Podman" in (supported_engine.check_podman() or "")) is refused


@pytest.mark.parametrize(
    ("endpoint", "refused"),
    [
        ("unix:///run/user/1000/docker.sock", False),
        ("tcp://127.0.0.1:2375", False),
        ("tcp://[::1]:2375", False),
        ("tcp://build.example.test:2376", True),
        ("ssh://me@build.example.test", True),
        ("ssh://localhost", True),
    ],
)
@pytest.mark.parametrize("by", ["context", "variable"])
def test_an_engine_on_another_host_is_refused(fake, monkeypatch, endpoint, refused, by):
    fake(endpoint=endpoint if by == "context" else "unix:///var/run/docker.sock")
    if by == "variable":
        monkeypatch.setenv("DOCKER_HOST", endpoint)
    problem = supported_engine.check_place() or ""
    assert (endpoint in problem and "Remedy: run on that machine" in problem) is refused


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"CgroupVersion": "1"}, "lacks cgroup v2"),
        ({"CPUShares": False, "PidsLimit": False}, "lacks the cgroup controllers pids, cpu"),
        ({}, "may not publish port 80 and 443"),
        ({"SecurityOptions": ["name=seccomp"], "CgroupVersion": "1"}, ""),
    ],
)
def test_a_rootless_engine_that_cannot_do_it_is_refused(fake, settings, tmp_path, monkeypatch, changed, words):
    fake(info=ABLE | changed)
    monkeypatch.setattr(supported_engine, "UNPRIVILEGED", tmp_path / "first")
    (tmp_path / "first").write_text("1024\n")
    problem = supported_engine.check_rootless(settings)
    assert (words in problem and "Remedy: " in problem) if words else problem is None


def test_a_rootless_engine_that_can_is_taken(fake, settings, tmp_path, monkeypatch):
    fake(info=ABLE)
    monkeypatch.setattr(supported_engine, "UNPRIVILEGED", tmp_path / "first")
    (tmp_path / "first").write_text("80\n")
    assert supported_engine.check_rootless(settings) is None


def test_another_system_is_all_that_is_said(monkeypatch):
    monkeypatch.setattr(supported_engine.platform, "system", lambda: "Darwin")
    [problem] = preflight.problems(load_environment("kind"), attaching=False)
    assert "this system is Darwin" in problem and "Remedy: " in problem


def test_preflight_asks_all_of_it(fake, monkeypatch):
    fake(endpoint="ssh://me@build.example.test", server='{"Components":[{"Name":"Podman Engine"}]}')
    for name in ("check_network", "check_registry"):
        monkeypatch.setattr(preflight, name, lambda *_: None)
    found = "\n".join(preflight.problems(load_environment("kind"), attaching=False))
    assert "ssh://me@build.example.test" in found and "Podman" in found
