"""Binds features/plan/: what the plan verifies beyond the criteria."""

from pytest_bdd import scenarios

scenarios("../features/plan")
