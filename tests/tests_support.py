"""Text of small scenarios."""

SCENARIO = """
  @ac-{criterion} {tags}
  Scenario: {title}
    Then {step}
"""


def scenario(criterion="2.1", step="it holds", tags="", title="Something holds"):
    """One scenario of one step."""
    return SCENARIO.format(criterion=criterion, step=step, tags=tags, title=title)
