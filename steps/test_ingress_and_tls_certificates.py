"""Binds features/04_ingress_and_tls_certificates.feature."""

from pytest_bdd import scenarios

scenarios("../features/04_ingress_and_tls_certificates.feature")
