"""Folders of the cache, sealed with a digest so that damage is seen."""

from __future__ import annotations

import hashlib
from pathlib import Path

SEAL = ".sha256"


def folder_digest(folder: Path) -> str:
    """SHA-256 over the names and contents of a folder's files."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SEAL:
            digest.update(str(path.relative_to(folder)).encode() + b"\0")
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def seal_folder(folder: Path) -> None:
    """Write a folder's digest into it."""
    (folder / SEAL).write_text(folder_digest(folder))


def folder_is_whole(folder: Path) -> bool:
    """Whether a folder's files are what they were when it was sealed; a damaged one counts as not there."""
    seal = folder / SEAL
    return seal.is_file() and seal.read_text() == folder_digest(folder)
