"""Binds features/15_configuration_management.feature."""

from pytest_bdd import scenarios

scenarios("../features/15_configuration_management.feature")
