"""Cache folders, sealed with a digest so that damage is detected."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
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
    """Whether a folder's files are unchanged since it was sealed; a damaged folder counts as missing."""
    seal = folder / SEAL
    return seal.is_file() and seal.read_text() == folder_digest(folder)


def copy_once(folder: Path, destination: Path, beside: Path) -> None:
    """Copy a sealed folder, without its seal; does nothing if the copy already exists.

    Several processes may do this concurrently while others read the copy, so it is created in a folder `beside`, on the
    same file system, and moved into place atomically.
    """
    if contents(destination) == contents(folder):
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=beside) as scratch:
        copy = Path(scratch) / "copy"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(SEAL))
        if contents(destination) == contents(folder):
            return
        shutil.rmtree(destination, ignore_errors=True)
        with contextlib.suppress(OSError):
            # Another process may have just moved the same copy into place.
            copy.rename(destination)


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder by path, without its seal; none if it does not exist."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
