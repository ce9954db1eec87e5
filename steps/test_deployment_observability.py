"""Binds features/13_deployment_observability.feature."""

from pytest_bdd import scenarios

scenarios("../features/13_deployment_observability.feature")
