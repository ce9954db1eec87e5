"""Binds features/07_cache_service.feature."""

from pytest_bdd import scenarios

scenarios("../features/07_cache_service.feature")
