"""Gherkin steps, and the modules that bind features to them (test_*.py).

Covers one module per concept, such as database or routes; each step is one call or one assertion.
What steps act on belongs in acceptance/drivers/, session-scoped fixtures in fixtures/.
"""
