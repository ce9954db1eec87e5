"""Start-up in less time: no garbage is looked for among imports, and bytecode is kept also where sources get none.

Loaded first of all plugins. The benchmark is `pytest --collect-only` (`collect_only` in `make bench`); its figures with
and without are in docs/measurements.md, "Start-up".
"""

from __future__ import annotations

import gc
import sys

from acceptance.base.paths import ROOT

if sys.dont_write_bytecode:
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(ROOT / ".pytest_cache" / "bytecode")
# Nothing that is imported becomes garbage.
gc.disable()


def pytest_configure() -> None:
    """Collect garbage again, among what comes from here on, and seldom: most is gone without."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    gc.enable()
