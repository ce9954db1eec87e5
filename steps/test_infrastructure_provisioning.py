"""Binds features/01_infrastructure_provisioning.feature."""

from pytest_bdd import scenarios

scenarios("../features/01_infrastructure_provisioning.feature")
