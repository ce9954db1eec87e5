"""Where things are. Everything outside the checkout follows the XDG base directory specification."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "images"
INFRASTRUCTURE = ROOT / "infrastructure"
REFERENCE_SERVICES = "services"
"""The folder of this checkout with the sources of the reference services, each in a folder named after its image."""
REPORTS = Path(os.environ.get("AF_REPORTS") or ROOT / "reports")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alternate-futures"
STATE = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "alternate-futures"


def find_tool(name: str) -> Path | None:
    """A program: the one that this suite built, or one on the PATH."""
    built = CACHE / "bin" / name
    return built if built.exists() else Path(found) if (found := shutil.which(name)) else None
