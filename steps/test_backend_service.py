"""Binds features/09_backend_service.feature."""

from pytest_bdd import scenarios

scenarios("../features/09_backend_service.feature")
