"""Files of a report, and their manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from acceptance.base.secrecy import redact


def write_manifest(folder: Path) -> None:
    """The checksums of all other files of a report."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "MANIFEST.sha256"
    ]
    write(folder / "MANIFEST.sha256", "\n".join(lines) + "\n")


def write(path: Path, text: str) -> None:
    """Write a file of the report, without any secret value."""
    path.write_text(redact(text))
