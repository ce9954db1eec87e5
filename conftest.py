"""Registers the suite's plugins: hooks, session fixtures and steps."""

import gc
import sys

import pytest

from acceptance.base.paths import ROOT
from acceptance.runner import PLUGINS

# Where none may lie beside the sources, bytecode goes to the cache: to compile all of it anew is half of the start.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(ROOT / ".pytest_cache" / "bytecode")
# Nothing that is imported becomes garbage: looking for some would be a quarter of the start.
gc.disable()

STEPS = sorted(path.stem for path in (ROOT / "steps").glob("[a-z]*.py") if not path.stem.startswith("test_"))
# One module of steps may import another before it is registered itself.
pytest.register_assert_rewrite(*(f"steps.{name}" for name in STEPS))

pytest_plugins = [
    *PLUGINS,
    "fixtures.run",
    "fixtures.components",
    "fixtures.session",
    "fixtures.session_state",
    *(f"steps.{name}" for name in STEPS),
]


def pytest_configure() -> None:
    """Collect garbage again, among what comes from here on, and seldom: most is gone without."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    gc.enable()
