"""images/lock.toml: its entries, and the hash of each entry's inputs."""

from __future__ import annotations

import hashlib
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from acceptance.base.errors import UserError
from acceptance.base.paths import IMAGES, REFERENCE_SERVICES

Mode = Literal["auto", "pull", "build"]
Use = Literal["base", "engine", "node", "part", "tool", "manifests"]

LOCAL = "alternate-futures"

PLATFORMS = tuple((system, architecture) for system in ("linux", "darwin") for architecture in ("amd64", "arm64"))
"""The operating systems and architectures for which host tools are downloaded, named as in the tools' URLs."""

LITTER = {"__pycache__", "node_modules", ".next", ".github"}
"""Folders that tools create in a recipe's sources; .dockerignore keeps them out of builds."""


@dataclass(frozen=True)
class Entry:
    """One entry of the lock."""

    name: str
    use: Use
    upstream: str | None = None
    recipe: str | None = None
    target: str | None = None
    needs: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    asks: str | None = None
    """The command with which a tool on the PATH prints its version."""
    version: str | None = None
    """The tool version that may be taken from the PATH or downloaded."""
    digest: str | None = None
    """The digest by which the upstream image is pulled, if the tag alone is not enough."""
    download: str | None = None
    """The URL of a tool, with {version} (without its v), {os} and {arch}."""
    sums: str | None = None
    """The URL of the checksums that the tool's project publishes, in the same form."""
    member: str | None = None
    """The program's name in the archive, if the download is one."""
    sha256: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The SHA-256 of downloads by URL; without it nothing is downloaded."""

    @property
    def is_pullable(self) -> bool:
        """Whether it is an image in a registry that something runs."""
        return self.upstream is not None and self.use in ("engine", "node")

    @property
    def pulled(self) -> str:
        """The reference to pull: upstream's, by digest if the lock has one."""
        reference = self.upstream or ""
        return f"{reference.rpartition(':')[0]}@{self.digest}" if self.digest else reference

    @property
    def program(self) -> str:
        """The name of a tool's program."""
        return self.name.removesuffix("-tool")

    def url(self, system: str, architecture: str) -> str:
        """The URL of this tool for a platform; empty if it is not downloaded."""
        return self._filled(self.download, system, architecture)

    def sums_url(self, system: str, architecture: str) -> str:
        """The URL of the published checksum of this tool for a platform; empty if there is none."""
        return self._filled(self.sums, system, architecture)

    def _filled(self, form: str | None, system: str, architecture: str) -> str:
        version = (self.version or "").removeprefix("v")
        return (form or "").format(version=version, os=system, arch=architecture)

    @property
    def path(self) -> str:
        """Repository and tag under which nodes pull from the local registry."""
        if self.upstream is None:
            return f"{LOCAL}/{self.name}:latest"
        return self.upstream.partition("/")[2]

    @property
    def short(self) -> str:
        """The name of a base image in Dockerfiles."""
        return (self.upstream or "").removeprefix("docker.io/library/")

    @property
    def reference(self) -> str:
        """The name of the image in manifests."""
        return self.upstream or f"{LOCAL}/{self.name}:latest"


def read_lock(path: Path = IMAGES / "lock.toml", services: str = REFERENCE_SERVICES) -> dict[str, Entry]:
    """The entries of the lock by name. Raises UserError for an unknown key or a missing dependency.

    `services`: the folder of this checkout whose recipes take the place of the reference services'.
    """
    entries = {}
    known = {"use", "upstream", "recipe", "target", "needs", "for", "asks", "version", "digest"}
    known |= {"download", "sums", "member", "sha256"}
    for name, table in tomllib.loads(path.read_text()).items():
        unknown = set(table) - known
        if unknown:
            raise UserError(f"{path}: [{name}] has the unknown key {sorted(unknown)[0]!r}", f"known: {sorted(known)}")
        entries[name] = Entry(
            name,
            table["use"],
            table.get("upstream"),
            of_services(table.get("recipe"), services),
            table.get("target"),
            tuple(table.get("needs", ())),
            (table["for"],) if isinstance(table.get("for"), str) else tuple(table.get("for", ())),
            table.get("asks"),
            table.get("version"),
            table.get("digest"),
            table.get("download"),
            table.get("sums"),
            table.get("member"),
            table.get("sha256", {}),
        )
    for entry in entries.values():
        for need in entry.needs:
            if need not in entries:
                raise UserError(
                    f"{path}: [{entry.name}] needs {need!r}, but there is no such entry", "add it, or fix the name"
                )
    return entries


def of_services(recipe: str | None, folder: str) -> str | None:
    """A recipe, with the folder of the reference services replaced by another one."""
    reference = f"../{REFERENCE_SERVICES}/"
    return f"../{folder}/{recipe.removeprefix(reference)}" if recipe and recipe.startswith(reference) else recipe


def inputs_hash(entry: Entry, lock: dict[str, Entry]) -> str:
    """Hash of an entry's inputs: the recipe's files, its stage, its dependencies, and the architecture."""
    digest = hashlib.sha256(f"{entry.target}\n{platform.machine()}\n".encode())
    if entry.recipe:
        for path in sorted((IMAGES / entry.recipe).rglob("*")):
            if path.is_file() and not LITTER & set(path.parts):
                digest.update(str(path.relative_to(IMAGES)).encode() + b"\0" + path.read_bytes() + b"\0")
    for need in entry.needs:
        digest.update(inputs_hash(lock[need], lock).encode())
    return digest.hexdigest()[:16]
