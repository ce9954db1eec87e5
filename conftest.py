"""Registers the suite's plugins: hooks, session fixtures and steps."""

from pathlib import Path

STEPS = sorted(
    path.stem for path in (Path(__file__).parent / "steps").glob("[a-z]*.py") if not path.stem.startswith("test_")
)

pytest_plugins = ["fixtures.plugin", "fixtures.platform", *(f"steps.{name}" for name in STEPS)]
