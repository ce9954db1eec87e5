"""Gherkin steps by concept, and the modules that bind features (test_*.py).

Covers thin steps: one call or one assertion each.
What a step acts on belongs in acceptance/drivers/.
"""
