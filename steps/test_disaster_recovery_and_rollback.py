"""Binds features/14_disaster_recovery_and_rollback.feature."""

from pytest_bdd import scenarios

scenarios("../features/14_disaster_recovery_and_rollback.feature")
