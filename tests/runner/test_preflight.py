"""Preflight and the engine: every problem, each with its remedy; nothing is created."""

import contextlib
import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests_support import scenario

from acceptance.base.environment import load_environment
from acceptance.base.errors import UserError
from acceptance.base.paths import ROOT
from acceptance.clients import docker, engine
from acceptance.commands import with_engine
from acceptance.infrastructure.subnet import subnet_of
from acceptance.runner import preflight
from acceptance.runner.machine_lock import MachineLock


def test_a_taken_port_stops_the_run_with_4(project):
    project.feature(scenario())
    with socket.socket() as taken:
        # A port of this test's own: other runs that tests make at the same time look at theirs, too.
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        text = project.environment.read_text().replace("http_port = 18080", f"http_port = {port}")
        project.environment.write_text(text)
        result, verdicts = project.run()
    text = result.stderr.str() + result.stdout.str()
    assert f"port {port}" in text
    assert "Remedy" in text
    assert result.ret == 4
    assert verdicts["2.1"]["outcome"] == "error"
    assert "preflight" in verdicts["2.1"]["reason"]


def test_a_disk_nearly_full_stops_the_run(project):
    project.environment.write_text(project.environment.read_text().replace("disk_gb = 0", "disk_gb = 1000000"))
    project.feature(scenario())
    result, _ = project.run()
    assert "of disk are free" in result.stderr.str() + result.stdout.str()
    assert result.ret == 4


def test_all_problems_are_told_at_once(project):
    text = (
        project.environment.read_text()
        .replace("disk_gb = 0", "disk_gb = 1e6")
        .replace("memory_gb = 0", "memory_gb = 1e6")
    )
    project.environment.write_text(text)
    project.feature(scenario())
    result, _ = project.run()
    text = result.stderr.str() + result.stdout.str()
    assert "of disk are free" in text
    assert "of memory are available" in text


def test_no_engine_and_not_root_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(engine, "answers", lambda: False)
    with pytest.raises(UserError, match="no container engine answers") as error:
        with_engine.ensure(uid=lambda: 1000)
    assert "Remedy" in str(error.value)


@pytest.mark.parametrize(
    ("there", "tried"), [({"git", "openssl", "chromium-headless-shell"}, False), ({"git", "openssl"}, True)]
)
def test_a_browser_that_cannot_be_installed_stops_nothing(monkeypatch, capsys, there, tried):
    def refuse(packages):
        raise UserError(f"apt-get could not install {packages}", remedy="repair apt")

    monkeypatch.setattr(with_engine.shutil, "which", lambda program: program if program in there else None)
    monkeypatch.setattr(with_engine, "install_packages", refuse)
    with_engine.install_programs()
    assert ("could not install ['chromium-headless-shell']" in capsys.readouterr().err) is tried


def test_plain_pytest_says_what_to_run_where_no_engine_answers(monkeypatch):
    monkeypatch.setattr(engine, "answers", lambda: False)
    found = preflight.problems(load_environment("kind"), attaching=True)
    assert any("make accept" in problem for problem in found)


def test_missing_programs_are_named(monkeypatch):
    monkeypatch.setattr(preflight, "TOOLS", ("sh", "no-such-program"))
    assert "not installed: no-such-program" in (preflight.check_tools([]) or "")


def test_a_run_beside_another_is_4_and_names_it(project):
    project.feature(scenario())
    other = MachineLock(project.pytester.path / "state" / "alternate-futures" / "run.lock")
    other.acquire("the-other-run")
    try:
        result, verdicts = project.run()
    finally:
        other.release()
    assert "another run is in progress: the-other-run" in result.stderr.str()
    assert result.ret == 4
    assert verdicts["2.1"]["outcome"] == "error"


def test_the_second_run_is_refused_with_the_id_of_the_first(tmp_path):
    first = MachineLock(tmp_path / "lock")
    first.acquire("run-one")
    with pytest.raises(UserError, match="run-one"):
        MachineLock(tmp_path / "lock").acquire("run-two")
    first.release()
    second = MachineLock(tmp_path / "lock")
    second.acquire("run-two")
    second.release()


def test_a_user_who_may_not_bind_a_port_is_not_told_that_it_is_taken(monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    free = unused_port()
    monkeypatch.setattr(preflight.socket.socket, "bind", refuse)
    assert not preflight.answers_on(free)


def test_a_port_that_is_taken_is_named_whoever_asks():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        # Bound, and not listening yet.
        assert preflight.answers_on(port)
        other.listen()
        assert preflight.answers_on(port)


def unused_port():
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_folder_on_the_path_that_may_not_be_read_is_passed_over(tmp_path, monkeypatch):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("PATH", f"{closed}{os.pathsep}{os.environ['PATH']}")
    engine.client.cache_clear()
    before = os.geteuid()
    try:
        if before == 0:
            # Root may read everything, so this is checked as another user.
            os.seteuid(65534)
        with contextlib.suppress(UserError):
            engine.client()
    finally:
        os.seteuid(before)
        engine.client.cache_clear()


def test_a_folder_that_cannot_be_written_is_named_with_its_variable(monkeypatch):
    monkeypatch.setattr(preflight, "CACHE", Path("/proc/nowhere/alternate-futures"))
    monkeypatch.setattr(preflight.os, "access", lambda path, mode: not str(path).startswith("/proc"))
    problem = preflight.check_folders()
    assert "/proc/nowhere/alternate-futures cannot be written" in problem
    assert "XDG_CACHE_HOME" in problem


def test_a_network_with_the_nodes_subnet_is_named():
    name = f"taken-{os.getpid()}"
    docker.docker("network", "create", "--subnet", "10.201.7.0/24", name)
    try:
        settings = load_environment("kind").infrastructure.model_copy(update={"subnet": "10.201.0.0/16"})
        subnet_of.cache_clear()
        problem = preflight.check_network(settings, "alternate-futures")
        assert f"{name} has 10.201.7.0/24" in problem
        assert "infrastructure.subnet" in problem
        assert preflight.check_network(settings, name) is None
    finally:
        docker.docker("network", "rm", name)


@pytest.mark.parametrize(
    ("lacks", "runtime", "refused"),
    [(True, "runc", True), (True, "without-sys-resource", False), (False, "runc", False)],
)
def test_an_engine_whose_containers_cannot_start_is_told(monkeypatch, lacks, runtime, refused):
    monkeypatch.setattr(engine, "lacks_sys_resource", lambda: lacks)
    monkeypatch.setattr(engine, "default_runtime", lambda: runtime)
    problem = preflight.check_runtime()
    assert ("CAP_SYS_RESOURCE" in (problem or "")) == refused


def test_the_engine_says_its_runtime():
    assert engine.default_runtime()


def test_another_program_on_the_registrys_port_is_told(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(preflight, "REGISTRY_PORT", port)
        assert f"port {port}" in preflight.check_registry()
    assert preflight.check_registry() is None


def test_a_locale_that_is_not_utf8_is_refused_with_its_remedy():
    command = [sys.executable, "-m", "pytest", "--dry-run", "--env=kind"]
    variables = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert ended.returncode == 4
    assert "PYTHONUTF8=1" in ended.stderr + ended.stdout


def test_an_attached_run_without_upstream_manifests_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(preflight, "upstream", lambda images: {"traefik", "argocd"})
    monkeypatch.setattr(preflight.tools, "missing_tools", lambda environment, changes: [])
    environment = load_environment("production").model_copy(update={"acme_roots": None})
    (problem,) = preflight.problems(environment, attaching=True)
    assert "upstream manifests are missing: argocd, traefik" in problem
    assert "Remedy: run `make up`" in problem


@pytest.mark.parametrize(("disruptive", "value", "is_told"), [(True, "", True), (True, "x", False), (False, "", False)])
def test_a_disruptive_run_needs_the_password_for_pushing(monkeypatch, disruptive, value, is_told):
    monkeypatch.setattr(preflight, "upstream", lambda images: set())
    monkeypatch.setattr(preflight.tools, "missing_tools", lambda environment, changes: [])
    monkeypatch.setenv("AF_GIT_PASSWORD", value)
    environment = load_environment("production").model_copy(update={"acme_roots": None})
    found = preflight.problems(environment, attaching=True, disruptive=disruptive)
    assert bool(found) is is_told
    assert not found or "AF_GIT_PASSWORD is not set" in found[0]
