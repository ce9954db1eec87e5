"""Images and host tools: pulled or downloaded if possible, else built from source; cached by the hash of their inputs.

Source: images/lock.toml, docs/decisions/0001-kind-from-source.md.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import requests

from acceptance.base.errors import UserError
from acceptance.base.paths import CACHE, REFERENCE_SERVICES, ROOT, STATE
from acceptance.base.progress import Steps, say
from acceptance.clients import docker, engine
from acceptance.clients.registry import Mirrors, located
from acceptance.images.cache import SEAL, copy_once
from acceptance.images.download import Downloads, Unavailable, this_platform
from acceptance.images.lock import LOCAL, Entry, Mode
from acceptance.images.parallel import in_parallel
from acceptance.images.pull import decide, found_on_path, pull_all
from acceptance.images.recipes import Recipes
from acceptance.images.registry import REGISTRY_PORT, start_registry
from acceptance.images.store import Store


@dataclass
class Made:
    """The folder of the host tools, and how many builds and pulls it took."""

    tools: Path
    builds: int
    pulls: int
    seconds: float


class Images(Store):
    """Provides the images and tools of some components.

    `upstream`: mirrors to use instead of the registries. `services`: the folder with the services' sources.
    """

    def __init__(
        self,
        mode: Mode = "auto",
        upstream: Mirrors = None,
        cache: Path = CACHE,
        logs: Path | None = None,
        services: str = REFERENCE_SERVICES,
    ):
        super().__init__(cache, services)
        self.mode = mode
        self.upstream = upstream
        self.recipes = Recipes(self, mode, upstream, logs or STATE / "build-logs")
        self.downloads = Downloads()
        self.pulls = 0

    def ensure(self, components: set[str]) -> Made:
        """Provide everything that `components` need; whatever is cached takes no work."""
        started = time.monotonic()
        wanted = [entry for entry in self.lock.values() if components & set(entry.components)]
        engine.client()
        # One query for all images, so that a run that finds everything takes no time.
        known = set(docker.docker("images", "--format", "{{.Repository}}:{{.Tag}}").split())
        missing = [entry for entry in wanted if self.tag(entry) not in known and not self.is_there(entry)]
        if missing:
            if self.decide() == "pull":
                self.pull(missing)
            elif self.mode == "auto":
                self.take_tools(missing)
            self.build([entry for entry in missing if not self.is_there(entry)])
        start_registry(self.tag(self.lock["registry"]))
        self.push([entry for entry in wanted if entry.use == "node"])
        for entry in wanted:
            if entry.use == "manifests":
                self.link_manifests(entry)
            elif entry.use == "engine" and entry.upstream:
                docker.docker("tag", self.tag(entry), entry.upstream.removeprefix("docker.io/"))
        return Made(self.link_tools(wanted), self.recipes.builds, self.pulls, time.monotonic() - started)

    def decide(self) -> Literal["pull", "build"]:
        """Pull or build: as configured, or by probing the registry once."""
        return decide(self.mode, self.upstream)

    def pull(self, entries: list[Entry]) -> None:
        """Pull what has an upstream reference, and take tools without building them.

        What is unavailable is reported and left to `build`. In mode `pull`, raises UserError naming all of it.
        """
        refused = pull_all(entries, self.upstream, self.tag)
        self.pulls += sum(1 for entry in entries if entry.name not in refused and entry.is_pullable)
        references = {name: located(self.lock[name].pulled or name, self.upstream) for name in sorted(refused)}
        for name, reference in references.items():
            if self.mode != "pull":
                say(f"  {reference} is unavailable ({refused[name]}): building it")
        lacking = self.take_tools(entries)
        if self.mode == "pull" and (refused or lacking):
            listed = [f"{references[name]}: {refused[name]}" for name in references]
            listed += [f"{name}: {reason}" for name, reason in lacking.items()]
            raise UserError(
                "\n  ".join([f"{len(listed)} images and tools are unavailable:", *listed]),
                "fix images/lock.toml, or use --images=auto",
            )

    def take_tools(self, entries: list[Entry]) -> dict[str, str]:
        """Take tools from the PATH if their version fits, else download those whose SHA-256 is in the lock.

        Returns why downloads failed, by program; unless the mode is `pull`, says so and leaves these to `build`.
        Raises UserError for a file with another SHA-256 than the lock's.
        """
        tools = [entry for entry in entries if entry.use == "tool"]
        for entry in tools:
            if program := found_on_path(entry):
                say(f"  {program} {entry.version} on the PATH matches the lock: using it")
                self.keep(entry, Path(program))
        wanted = [entry for entry in tools if not self.is_there(entry) and entry.url(*this_platform()) in entry.sha256]
        lacking: dict[str, str] = {}
        steps = Steps(len(wanted), "downloading", "downloaded")
        with steps.shown():
            for entry in wanted:
                try:
                    with steps.step(entry.program):
                        self.download(entry)
                except Unavailable as error:
                    lacking[entry.program] = str(error)
                    if self.mode != "pull":
                        say(f"  {entry.program} cannot be downloaded ({error}): building it")
        return lacking

    def download(self, entry: Entry) -> None:
        """Download a tool into the cache. Raises Unavailable, and UserError if it is not the file in the lock."""
        with self.scratch(entry) as scratch:
            self.keep(entry, self.downloads.program(entry, scratch))

    def build(self, entries: list[Entry]) -> None:
        """Build entries from their recipes."""
        self.recipes.build(entries)

    def push(self, entries: list[Entry]) -> None:
        """Push node images to the local registry, which keeps them between runs."""

        def push_one(entry: Entry) -> None:
            repository, _, tag = entry.path.rpartition(":")
            marker = self.content_tag(entry.name)
            base = f"http://127.0.0.1:{REGISTRY_PORT}/v2/{repository}/manifests"
            headers = {
                "Accept": "application/vnd.docker.distribution.manifest.v2+json, "
                "application/vnd.oci.image.manifest.v1+json"
            }
            known = [requests.head(f"{base}/{name}", headers=headers, timeout=10) for name in (marker, tag)]
            digests = {answer.headers.get("Docker-Content-Digest") for answer in known}
            if all(answer.ok for answer in known) and len(digests) == 1:
                return
            for name in (tag, marker):
                reference = f"127.0.0.1:{REGISTRY_PORT}/{repository}:{name}"
                docker.docker("tag", self.tag(entry), reference)
                docker.push(reference)

        in_parallel(push_one, entries, workers=4)

    def build_and_push(self, folder: Path, name: str, tag: str, log: Path) -> None:
        """Build a folder's Dockerfile, and push the image to the local registry as one of ours."""
        reference = f"127.0.0.1:{REGISTRY_PORT}/{LOCAL}/{name}:{tag}"
        docker.build(folder, log=log, tag=reference)
        docker.push(reference)
        docker.docker("rmi", reference, check=False)

    def link_tools(self, wanted: list[Entry]) -> Path:
        """A folder of links to the host tools of `wanted`."""
        folder = self.cache / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        for entry in wanted:
            if entry.use == "tool":
                for source in self.folder(entry).iterdir():
                    if source.name == SEAL:
                        continue
                    link = folder / source.name
                    if not (link.is_symlink() and link.readlink() == source):
                        link.unlink(missing_ok=True)
                        link.symlink_to(source)
        return folder

    def link_manifests(self, entry: Entry) -> None:
        """Copy upstream manifests to k8s/upstream, where the kustomizations expect them."""
        destination = ROOT / "k8s" / "upstream" / entry.name.removesuffix("-manifests")
        copy_once(self.folder(entry), destination, ROOT)
