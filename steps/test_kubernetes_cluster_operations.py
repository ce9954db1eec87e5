"""Binds features/02_kubernetes_cluster_operations.feature."""

from pytest_bdd import scenarios

scenarios("../features/02_kubernetes_cluster_operations.feature")
