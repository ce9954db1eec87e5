"""The cluster under test: its API, nodes, namespaces, probe pods, manifests and diagnostics.

Covers what any Kubernetes cluster has.
How a component is deployed belongs in platform/, how the cluster came to be in infrastructure/.
"""
