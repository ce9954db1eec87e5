"""Gherkin steps by concept, and the modules that bind features (test_*.py).

Steps are thin: one call or one assertion each. What they act on belongs in acceptance/drivers/.
"""
