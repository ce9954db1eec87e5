"""Binds features/05_secrets_management.feature."""

from pytest_bdd import scenarios

scenarios("../features/05_secrets_management.feature")
