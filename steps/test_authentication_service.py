"""Binds features/08_authentication_service.feature."""

from pytest_bdd import scenarios

scenarios("../features/08_authentication_service.feature")
