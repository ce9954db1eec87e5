"""Runs that are interrupted where it hurts: while images are built, and while OpenTofu applies.

Engine and tofu are fakes that hang, so that the moment is certain and nothing real is touched.
"""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests_support import PATIENCE, scenario

pytestmark = pytest.mark.usefixtures("hangup_counts")

DOCKER = """#!/bin/sh
echo "$@" >>{folder}/docker.log
case "$*" in
--version) echo "Docker version 20.10.24" ;;
build*) echo $$ >>{folder}/hanging; exec sleep 300 ;;
"ps --all --quiet --filter label=io.x-k8s.kind.cluster=alternate-futures-small") echo half-made ;;
esac
"""
TOFU = """#!/bin/sh
case "$*" in
*" apply "*) echo $$ >>{folder}/hanging; exec sleep 300 ;;
esac
"""
BUILD = """
    from acceptance.images.build import Images
    @pytest.fixture(scope='session')
    def platform(run):
        maker = Images('build', logs=run.folder / 'build-logs')
        maker.recipes.ensure_base = lambda base: None
        with run.phase('images'):
            maker.build([maker.lock['etcd'], maker.lock['pebble'], maker.lock['busybox']])
    @then('it needs the platform')
    def _needs(platform):
        pass
"""
APPLY = """
    @then('it needs the platform')
    def _needs(infrastructure):
        pass
"""
PLATFORM = """
import pathlib, pytest
import acceptance.infrastructure.kind
from acceptance.images.build import Made
from acceptance.runner import PLUGINS
pytest_plugins = [*PLUGINS, "fixtures.run", "fixtures.namespaces", "fixtures.session"]
acceptance.infrastructure.kind.INFRASTRUCTURE = pathlib.Path({folder!r})
@pytest.fixture(scope="session")
def cluster_images():
    return Made(pathlib.Path({folder!r}), 0, 0, 0.0)
"""


@pytest.fixture
def fakes(project, monkeypatch):
    """A folder with an engine's client and a tofu that hang, first on the PATH."""
    folder = project.pytester.path / "fakes"
    (folder / "kind").mkdir(parents=True)
    for name, text in (("docker", DOCKER), ("tofu", TOFU)):
        (folder / name).write_text(text.format(folder=folder))
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    project.pytester.makeconftest(PLATFORM.format(folder=str(folder)))
    return folder


def interrupt(project, folder, number, hanging):
    """Start the run, send it a signal once children hang, and return its exit code."""
    log = project.pytester.path / "log"
    with log.open("wb") as file:
        command = [sys.executable, "-m", "pytest", f"--env={project.environment}"]
        process = subprocess.Popen(command, cwd=project.pytester.path, stdout=file, stderr=file)
    try:
        children = []
        deadline = time.monotonic() + PATIENCE
        while len(children) < hanging:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            children = (folder / "hanging").read_text().split() if (folder / "hanging").exists() else []
            time.sleep(0.05)
        process.send_signal(number)
        code = process.wait(PATIENCE)
    finally:
        process.kill()
    for child in children:
        state = Path(f"/proc/{child}/stat")
        assert not state.exists() or state.read_text().split()[2] == "Z", f"child {child} outlived the run"
    return code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_during_an_image_build(project, fakes, number):
    project.feature(scenario(step="it needs the platform"), BUILD)
    assert interrupt(project, fakes, number, hanging=2) == 2
    verdicts = project.read()
    assert verdicts["2.1"]["outcome"] == "error"
    assert len(verdicts) == 118
    assert [(phase["name"], phase["failed"]) for phase in project.document["phases"]] == [("images", True)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_during_apply_removes_what_was_half_made(project, fakes, number):
    project.feature(scenario(step="it needs the platform"), APPLY)
    assert interrupt(project, fakes, number, hanging=1) == 2
    assert project.read()["2.1"]["outcome"] == "error"
    assert [phase["name"] for phase in project.document["phases"]] == [
        "infrastructure",
        "removing partially created resources",
    ]
    calls = (fakes / "docker.log").read_text().splitlines()
    assert "rm --force --volumes half-made" in calls


def test_the_end_of_the_terminal_ends_a_run_with_a_report(project, fakes):
    project.feature(scenario(step="it needs the platform"), APPLY)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(project.pytester.path)
        os.execv(sys.executable, [sys.executable, "-m", "pytest", f"--env={project.environment}"])
    hanging = fakes / "hanging"
    deadline = time.monotonic() + PATIENCE
    while not hanging.exists():
        assert time.monotonic() < deadline, os.read(terminal, 10_000)
        time.sleep(0.05)
    # What ssh does when its connection is lost.
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    assert project.read()["2.1"]["outcome"] == "error"
    assert "rm --force --volumes half-made" in (fakes / "docker.log").read_text().splitlines()
