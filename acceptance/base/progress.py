"""Progress lines for people."""

from __future__ import annotations

import sys
from collections.abc import Callable


def to_stderr(message: str) -> None:
    """Print a line on standard error."""
    print(message, file=sys.stderr, flush=True)


speak: Callable[[str], None] = to_stderr
"""Where `say` says it; a run of pytest puts its own way past the capture here."""


def say(message: str) -> None:
    """Print one progress line for people."""
    speak(message)
