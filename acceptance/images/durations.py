"""How long each recipe's last build took, on this machine: what the next one is likely to take."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from pathlib import Path

from acceptance.base.writing import write_whole

LOCK = threading.Lock()
"""Builds end side by side."""


def expected(file: Path, names: Iterable[str]) -> dict[str, float]:
    """Seconds that each build is likely to take; empty unless all are known."""
    known, wanted = read(file), list(names)
    return {name: known[name] for name in wanted} if all(name in known for name in wanted) else {}


def note(file: Path, name: str, seconds: float) -> None:
    """Note how long a build took."""
    with LOCK:
        known = read(file) | {name: round(seconds, 1)}
        write_whole(file, json.dumps(known, indent=2, sort_keys=True))


def read(file: Path) -> dict[str, float]:
    """What was noted; empty if nothing was, or if the file is damaged."""
    try:
        return {str(name): float(seconds) for name, seconds in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
