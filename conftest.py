"""Registers the suite's plugins: hooks, session fixtures and steps."""

from pathlib import Path

import pytest

STEPS = sorted(
    path.stem for path in (Path(__file__).parent / "steps").glob("[a-z]*.py") if not path.stem.startswith("test_")
)
# One module of steps may import another before it is registered itself.
pytest.register_assert_rewrite(*(f"steps.{name}" for name in STEPS))

pytest_plugins = [
    "fixtures.plugin",
    "fixtures.redaction",
    "fixtures.platform",
    "fixtures.preview",
    *(f"steps.{name}" for name in STEPS),
]
