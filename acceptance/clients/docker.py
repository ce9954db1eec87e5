"""The container engine, through its command line client."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acceptance.base.proxies import build_options
from acceptance.clients import engine
from acceptance.clients.outside import ca_bundle
from acceptance.clients.process import run, run_twice

SETTINGS = {
    "pip": ("~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf"),
    "npmrc": ("~/.npmrc", "/etc/npmrc"),
}
"""This machine's package registry settings, by the id under which a build may mount them."""


STEP = re.compile(rb"^#\d+ \[(?:\S+ )?(\d+/\d+)\] ", re.MULTILINE)
"""A step of a Dockerfile's stage, as it begins in BuildKit's plain progress."""
PACKAGES = re.compile(rb"^#(\d+) [\d.]+ packages to compile: (\d+)\r?$", re.MULTILINE)
"""What images/go-build.sh says before Go compiles; Go then prints each package."""
LAST = 1 << 20
"""Bytes at the end of a log to search for them."""


def docker(*arguments: str | Path, check: bool = True, timeout: float = 120) -> str:
    """Run a docker command and return what it printed. Raises UserError if it fails and `check`."""
    return run([engine.client(), *arguments], check=check, timeout=timeout).stdout.strip()


def inspect(kind: str, name: str) -> dict[str, Any] | None:
    """What the engine knows about an object (`container`, `image`, `network`, `volume`), or None."""
    answer = docker(kind, "inspect", name, check=False)
    found = json.loads(answer or "[]")
    return found[0] if found else None


def push(reference: str) -> None:
    """Push an image."""
    docker("push", *one_platform(), reference, timeout=600)


@functools.cache
def one_platform() -> tuple[str, ...]:
    """Options of a push: containerd's image store has the index of all platforms, but the layers of one."""
    status, architecture = docker("info", "--format", "{{json .DriverStatus}} {{.Architecture}}").rsplit(" ", 1)
    platform = {"x86_64": "amd64", "aarch64": "arm64"}.get(architecture, architecture)
    return ("--platform", f"linux/{platform}") if "io.containerd.snapshotter" in status else ()


def secret(name: str, file: str | Path) -> list[str]:
    """The options with which a build may mount a file by a name, and no layer keeps it."""
    return ["--secret", f"id={name},src={file}"]


def registry_settings() -> list[str]:
    """Options that pass this machine's package registry settings to a build as secrets, so no layer keeps them."""
    options: list[str] = []
    for name, paths in SETTINGS.items():
        found = next((path for path in map(os.path.expanduser, paths) if Path(path).is_file()), None)
        if found:
            options += secret(name, found)
    return options


def build_settings() -> list[str]:
    """Options of every build: the CAs that this machine trusts, its package registries, and the user's proxy."""
    bundle = ca_bundle()
    # The registries' TLS certificates may come from a CA that only this machine trusts.
    trust = secret("ca", bundle) if bundle else []
    return [*trust, *registry_settings(), *build_options()]


def build_environment() -> dict[str, str]:
    """The environment of every build: BuildKit, in the engine itself."""
    return {"DOCKER_BUILDKIT": "1", "BUILDX_BUILDER": engine.builder()}


def build(
    folder: Path,
    *,
    log: Path,
    target: str | None = None,
    tag: str | None = None,
    output: Path | None = None,
    arguments: dict[str, str] | None = None,
    secrets: dict[str, Path] | None = None,
) -> None:
    """Build a Dockerfile with BuildKit, into the engine as `tag` or into the folder `output`.

    `secrets`: files that it may mount by their names, and that no layer keeps.
    """
    command: list[str | Path] = [engine.client(), "build", "--progress=plain", *build_settings()]
    for name, file in (secrets or {}).items():
        command += secret(name, file)
    for key, value in (arguments or {}).items():
        command += ["--build-arg", f"{key}={value}"]
    if target:
        command += ["--target", target]
    if tag:
        command += ["--tag", tag]
    if output:
        command += ["--output", f"type=local,dest={output}"]
    with readable_by_all(folder) as context:
        # Downloads may be cut off; finished steps are in BuildKit's caches.
        run_twice([*command, context], log=log, environment=build_environment())


@contextlib.contextmanager
def readable_by_all(folder: Path) -> Iterator[Path]:
    """The folder, or a world-readable copy, so that a clone with umask 077 builds the same images."""
    if all(path.stat().st_mode & 0o044 == 0o044 for path in [folder, *folder.rglob("*")] if not path.is_symlink()):
        yield folder
        return
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
        for path in [copy, *copy.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        yield copy


def build_step(log: Path) -> str:
    """How far a build is: `4/7`, its stage's step, and `4/7 812 of 2104 packages` where Go compiles; empty at first."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LAST))
        written = file.read()
    steps = list(STEP.finditer(written))
    if not steps:
        return ""
    compiling = list(PACKAGES.finditer(written))
    return f"{steps[-1][1].decode()} {packages(written, compiling[-1]) if compiling else ''}".rstrip()


def packages(written: bytes, announced: re.Match[bytes]) -> str:
    """`812 of 2104 packages`, of a log in which Go has announced how many it compiles; empty when it is done."""
    step, total, since = rb"^#" + announced[1], int(announced[2]), written[announced.end() :]
    compiled = len(re.findall(step + rb" [\d.]+ [\w.~/-]+\r?$", since, re.MULTILINE))
    done = compiled >= total or re.search(step + rb" DONE", since, re.MULTILINE)
    return "" if done else f"{compiled} of {total} packages"
