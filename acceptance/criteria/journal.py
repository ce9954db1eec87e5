"""Writes each result to disk as soon as it is known."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from acceptance.base.secrecy import redact
from acceptance.criteria.verdicts import Result


class Journal:
    """Results, one JSON line each, written to disk immediately, so that a killed run leaves them."""

    def __init__(self, path: Path):
        self.path = path

    def write(self, result: Result) -> None:
        """Append one result."""
        line = redact(json.dumps(asdict(result), default=str)) + "\n"
        # In a single write: lanes share the file.
        with self.path.open("ab", buffering=0) as file:
            file.write(line.encode())
            os.fsync(file.fileno())
