"""Faster start-up: no garbage collection during imports, and a bytecode cache even where sources have none.

Loaded before other plugins. tests/runner/test_start_up.py counts what both gain, and fails without them; the gain in
seconds is in docs/measurements.md, "Start-up".
"""

from __future__ import annotations

import gc
import sys

from acceptance.base.paths import ROOT

if sys.dont_write_bytecode:
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(ROOT / ".pytest_cache" / "bytecode")
# Imported objects do not become garbage.
gc.disable()


def pytest_configure() -> None:
    """Collect garbage again, only among new objects and rarely: reference counting frees most."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    gc.enable()
