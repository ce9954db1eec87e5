"""The pytest side of a run: options, selection, order, outcomes, lanes, and what stands on the terminal.

Covers hooks of pytest and what only they need.
What scenarios act on belongs in drivers/, fixtures in fixtures/, files of a report in reports/.
"""

PLUGINS = tuple(
    f"acceptance.runner.{name}"
    for name in (
        "start_up", "tags", "options", "terminal", "gherkin_steps", "outcomes", "selection", "allure_steps", "plugin",
        "redaction", "in_lanes", "preview",
    )
)  # fmt: skip
"""All that pytest has to load, those that others import first."""
