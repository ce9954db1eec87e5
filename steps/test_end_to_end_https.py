"""Binds features/12_end_to_end_https.feature."""

from pytest_bdd import scenarios

scenarios("../features/12_end_to_end_https.feature")
