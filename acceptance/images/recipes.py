"""Builds images and tools from their recipes, on base images that are pulled or bootstrapped."""

from __future__ import annotations

import time
from pathlib import Path

from acceptance.base.errors import UserError
from acceptance.base.paths import IMAGES
from acceptance.base.progress import Steps, say
from acceptance.clients import docker, engine
from acceptance.clients.process import run_twice
from acceptance.clients.registry import Mirrors, located
from acceptance.images.build_order import in_waves
from acceptance.images.lock import Entry, Mode
from acceptance.images.parallel import in_parallel
from acceptance.images.pull import pull_image
from acceptance.images.registry import registry_answers
from acceptance.images.store import Store

PARALLEL = 2


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
        steps = Steps(total, "building", "built")
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
        folder = IMAGES / entry.recipe
        with steps.step(entry.name, lambda: docker.build_step(log)):
            if entry.use in ("tool", "manifests"):
                with self.store.filled(entry) as output:
                    docker.build(folder, log=log, target=entry.target, output=output, arguments=arguments)
            else:
                docker.build(folder, log=log, target=entry.target, tag=self.store.tag(entry), arguments=arguments)
            self.builds += 1

    def ensure_base(self, entry: Entry) -> None:
        """Provide a base image under its upstream short name: existing, pulled, or bootstrapped."""
        short = entry.short
        if docker.inspect("image", short) is not None:
            return
        reference = located(entry.pulled, self.upstream)
        if registry_answers(reference):
            reason = pull_image(reference)
            if reason is None:
                docker.docker("tag", reference, short)
                return
            if self.mode == "pull":
                raise UserError(f"{reference} is unavailable: {reason}", "fix images/lock.toml, or use --images=auto")
            say(f"  {reference} is unavailable ({reason}): bootstrapping it")
        begun = time.monotonic()
        say(f"Bootstrapping the base image {short} ...")
        log = self.new_log(entry)
        run_twice([IMAGES / "bootstrap.sh", entry.name, short], log=log, environment={"DOCKER": engine.client()})
        say(f"  {short} ready ({time.monotonic() - begun:.0f} s)")

    def new_log(self, entry: Entry) -> Path:
        """An empty log for the build of an entry."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{entry.name}.log"
        log.write_bytes(b"")
        return log
