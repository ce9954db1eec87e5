"""Binds features/10_frontend_service.feature."""

from pytest_bdd import scenarios

scenarios("../features/10_frontend_service.feature")
