"""Pods, Deployments and namespaces, whatever runs in them.

Covers client and server pods, probes, restarts, replicas, quotas, system pods, and the state to leave unchanged.
The platform's three services belong in services/, nodes in cluster/.
"""
