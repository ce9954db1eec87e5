"""The cluster under test: its API, nodes, namespaces, probe pods, manifests and diagnostics.

Covers what any Kubernetes cluster has.
Deploying components belongs in platform/, provisioning the cluster in infrastructure/.
"""
