"""The result of providing images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class Made:
    """The folder of the host tools, and how many builds and pulls it took."""

    tools: Path
    builds: int
    pulls: int
    seconds: float
