"""Binds features/06_database_service.feature."""

from pytest_bdd import scenarios

scenarios("../features/06_database_service.feature")
