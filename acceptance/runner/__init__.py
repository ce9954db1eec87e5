"""The pytest side of a run: options, selection, order, outcomes, lanes, and terminal output.

Covers pytest hooks and what only they need.
What scenarios act on belongs in drivers/, fixtures in fixtures/, report files in reports/.
"""

PLUGINS = tuple(
    f"acceptance.runner.{name}"
    for name in (
        "start_up", "tags", "options", "terminal", "gherkin_steps", "outcomes", "selection", "allure_steps", "plugin",
        "redaction", "lane_hooks", "preview",
    )
)  # fmt: skip
"""All plugins that pytest must load, dependencies first."""
