"""Builds images and tools from their recipes, on base images that are pulled or bootstrapped."""

from __future__ import annotations

import functools
import os
import re
import shutil
import time
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import IMAGES, STATE
from acceptance.base.progress import Steps, say
from acceptance.clients import docker, engine
from acceptance.clients.docker import build_environment, build_settings
from acceptance.clients.outside import ca_bundle
from acceptance.clients.process import run_twice
from acceptance.clients.registry import Mirrors, located
from acceptance.images.build_order import in_waves
from acceptance.images.durations import expected, note
from acceptance.images.lock import Entry, Mode
from acceptance.images.parallel import in_parallel
from acceptance.images.pull import pull_image
from acceptance.images.registry import registry_answers
from acceptance.images.store import Store

PARALLEL = 2
DURATIONS = STATE / "build-seconds.json"
SCRIPTS = {"go-build": IMAGES / "go-build.sh"}
"""What recipes mount, without being made of it."""


class Recipes:
    """Builds what is missing in a store; counts the builds."""

    def __init__(self, store: Store, mode: Mode, upstream: Mirrors, logs: Path):
        self.store = store
        self.mode = mode
        self.upstream = upstream
        self.logs = logs
        self.builds = 0

    def build(self, entries: list[Entry]) -> None:
        """Build entries from their recipes, dependencies first, two recipes at a time."""
        if not entries:
            return
        for base in self.bases(entries):
            self.ensure_base(base)
        waves = in_waves(entries, self.store.lock, self.store.is_there)
        total = sum(len(wave) for wave in waves)
        say(f"Building {total} images and tools from source (logs in {self.logs}) ...")
        likely = expected(DURATIONS, [entry.name for wave in waves for entry in wave])
        steps = Steps(total, "building", "built", likely, PARALLEL)
        with steps.shown():
            for wave in waves:
                in_parallel(lambda entry: self.build_one(entry, steps), wave, workers=PARALLEL)

    def bases(self, entries: list[Entry]) -> list[Entry]:
        """The base images that the recipes of `entries` name; Debian, on which the others are built, first."""
        lock = self.store.lock
        made = {*entries, *(lock[need] for entry in entries for need in entry.needs)}
        recipes = [(IMAGES / entry.recipe / "Dockerfile").read_text() for entry in made if entry.recipe]

        def is_named(base: Entry) -> bool:
            return any(f"FROM {base.short}" in recipe for recipe in recipes)

        return [base for base in lock.values() if base.use == "base" and (base.name == "debian" or is_named(base))]

    def build_one(self, entry: Entry, steps: Steps) -> None:
        """Build one entry. Raises UserError with the log's last lines."""
        if entry.recipe is None:
            raise UserError(f"{entry.name} has no recipe, and no registry answers", "use --images=pull with a registry")
        log = self.new_log(entry)
        arguments = {need.upper().replace("-", "_"): self.store.tag(self.store.lock[need]) for need in entry.needs}
        build = functools.partial(
            docker.build, IMAGES / entry.recipe, log=log, target=entry.target, arguments=arguments, secrets=SCRIPTS
        )
        began = time.monotonic()
        with steps.step(entry.name, lambda: docker.build_step(log)):
            if entry.use in ("tool", "manifests"):
                with self.store.filled(entry) as output:
                    build(output=output)
            else:
                build(tag=self.store.tag(entry))
            self.builds += 1
            note(DURATIONS, entry.name, time.monotonic() - began)

    def ensure_base(self, entry: Entry) -> None:
        """Provide a base image under its upstream short name: existing, pulled, or bootstrapped.

        Raises UserError for a Go that is older than the recipes need, if no newer one can be had.
        """
        short = entry.short
        if docker.inspect("image", short) is not None:
            if not (old := too_old(entry)):
                return
            say(f"  {old}: getting it anew")
        if not self.pull_base(entry):
            refuse_bootstrap(entry)
            begun = time.monotonic()
            say(f"Bootstrapping the base image {short} ...")
            bundle = ca_bundle()
            environment = {"DOCKER": engine.client(), **build_environment(), **({"PIP_CERT": bundle} if bundle else {})}
            command: list[str | Path] = [IMAGES / "bootstrap.sh", entry.name, short, *build_settings()]
            run_twice(command, log=self.new_log(entry), environment=environment)
            say(f"  {short} ready ({time.monotonic() - begun:.0f} s)")
        if old := too_old(entry):
            raise UserError(old, f"docker pull {entry.pulled}, or point images.upstream to a mirror that is up to date")

    def pull_base(self, entry: Entry) -> bool:
        """Pull a base image, if a registry has it. Raises UserError if it has not, and none is to be built."""
        reference = located(entry.pulled, self.upstream)
        if not registry_answers(reference):
            return False
        reason = pull_image(reference)
        if reason is None:
            docker.docker("tag", reference, entry.short)
            return True
        if self.mode == "pull":
            raise UserError(f"{reference} is unavailable: {reason}", "fix images/lock.toml, or use --images=auto")
        say(f"  {reference} is unavailable ({reason}): bootstrapping it")
        return False

    def new_log(self, entry: Entry) -> Path:
        """An empty log for the build of an entry."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{entry.name}.log"
        log.write_bytes(b"")
        return log


def refuse_bootstrap(entry: Entry) -> None:
    """Raise UserError if this user or system cannot make a base image: debootstrap runs as root, and on Debian."""
    if entry.name != "debian":
        return
    if not shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        problem, install = "debootstrap, which makes it, is not installed", "apt-get install debootstrap, then "
    elif os.geteuid() != 0:
        problem, install = "only root can make it", ""
    else:
        return
    once = f"once as root: {install}{IMAGES / 'bootstrap.sh'} {entry.name} {entry.short}"
    raise UserError(
        f"there is no base image {entry.short}, no registry to pull it from, and {problem}",
        f"name a registry that answers in images.upstream, or run {once}",
    )


def too_old(entry: Entry) -> str:
    """What is wrong with a base image whose Go is older than a recipe's go.mod asks for; empty if it is new enough."""
    if entry.name != "golang":
        return ""
    lines = [line for file in IMAGES.glob("*/go.mod") for line in file.read_text().splitlines()]
    needed = max((line.split()[1] for line in lines if line.startswith("go ")), key=numbers)
    there = docker.docker("run", "--rm", "--network=none", entry.short, "go", "env", "GOVERSION", check=False)
    version = there.removeprefix("go")
    # Without an answer, the build says what is wrong.
    is_old = bool(numbers(version)) and numbers(version) < numbers(needed)
    return f"{entry.short} has Go {version}, and images/*/go.mod need {needed}" if is_old else ""


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, for comparison: (1, 26, 8); empty if it is not one."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
