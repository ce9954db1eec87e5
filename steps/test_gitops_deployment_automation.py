"""Binds features/03_gitops_deployment_automation.feature."""

from pytest_bdd import scenarios

scenarios("../features/03_gitops_deployment_automation.feature")
