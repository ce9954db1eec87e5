"""Nodes, control planes and etcd.

Covers the API servers, the loss of a control plane, joining, the CIS benchmark, the kubelets, packets between workers.
Rights and encryption belong in security/, pods in workloads/, volumes in data/.
"""
