"""Files that others read while they are written."""

from __future__ import annotations

import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file, with its folder, so that threads and other processes see it whole or not at all.

    Of several that write it at once, one is the last.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        part = Path(scratch, path.name)
        part.write_text(text)
        part.replace(path)
