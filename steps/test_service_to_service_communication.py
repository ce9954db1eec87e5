"""Binds features/11_service_to_service_communication.feature."""

from pytest_bdd import scenarios

scenarios("../features/11_service_to_service_communication.feature")
