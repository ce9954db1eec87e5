"""Results as they fall, on disk at once."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from acceptance.base.secrecy import redact
from acceptance.criteria.verdicts import Result


class Journal:
    """Results as they fall, one JSON line each, on disk at once: what a killed run leaves."""

    def __init__(self, path: Path):
        self.path = path

    def write(self, result: Result) -> None:
        """Append one result."""
        line = redact(json.dumps(asdict(result), default=str)) + "\n"
        # At one go: lanes write into the same file.
        with self.path.open("ab", buffering=0) as file:
            file.write(line.encode())
            os.fsync(file.fileno())
