"""Registers the suite's plugins, fixtures and steps, and does nothing else."""

import pytest

from acceptance.base.paths import ROOT
from acceptance.runner import PLUGINS

STEPS = sorted(path.stem for path in (ROOT / "steps").glob("[a-z]*.py") if not path.stem.startswith("test_"))
# A module of steps may be imported by another before it is registered itself.
pytest.register_assert_rewrite(*(f"steps.{name}" for name in STEPS))

pytest_plugins = [
    *PLUGINS,
    "fixtures.run",
    "fixtures.components",
    "fixtures.namespaces",
    "fixtures.session",
    "fixtures.session_state",
    *(f"steps.{name}" for name in STEPS),
]
