"""Where built images, tools and manifests are stored: under names with the hash of their inputs."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from acceptance.base.paths import CACHE, REFERENCE_SERVICES
from acceptance.clients import docker
from acceptance.images.cache import folder_is_whole, seal_folder
from acceptance.images.lock import LOCAL, Entry, inputs_hash, read_lock


class Store:
    """The engine's images, and the cache's folders of tools and of manifests, by entry of the lock.

    `services`: the folder of this checkout with the services' sources.
    """

    def __init__(self, cache: Path = CACHE, services: str = REFERENCE_SERVICES):
        self.cache = cache
        self.lock = read_lock(services=services)

    def tag(self, entry: Entry) -> str:
        """The name of an entry's image in the engine, with its content hash as the tag."""
        return f"{LOCAL}/{entry.name}:{inputs_hash(entry, self.lock)}"

    def content_tag(self, name: str) -> str:
        """The tag of an image's content in the local registry, whatever `latest` is by then."""
        return f"{LOCAL}-{inputs_hash(self.lock[name], self.lock)}"

    def folder(self, entry: Entry) -> Path:
        """Where the files of a tool or of manifests are stored."""
        return self.cache / entry.use / f"{entry.name}-{inputs_hash(entry, self.lock)}"

    def is_there(self, entry: Entry) -> bool:
        """Whether the cache holds an entry, undamaged."""
        if entry.use in ("tool", "manifests"):
            return folder_is_whole(self.folder(entry))
        return docker.inspect("image", self.tag(entry)) is not None

    def keep(self, entry: Entry, program: Path) -> None:
        """Put a program into the cache, as if it had been built."""
        with self.filled(entry) as files:
            files.mkdir()
            shutil.copy(program, files / entry.program)

    @contextlib.contextmanager
    def filled(self, entry: Entry) -> Iterator[Path]:
        """A folder to create and to fill; at the end of the block it is sealed and becomes the entry's."""
        with self.scratch(entry) as scratch:
            files = scratch / "files"
            yield files
            seal_folder(files)
            shutil.rmtree(self.folder(entry), ignore_errors=True)
            files.rename(self.folder(entry))

    @contextlib.contextmanager
    def scratch(self, entry: Entry) -> Iterator[Path]:
        """A folder on the cache's file system, gone at the end of the block."""
        parent = self.folder(entry).parent
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent) as scratch:
            yield Path(scratch)
