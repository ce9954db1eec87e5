"""Secrets: sealed in Git, unsealed in the cluster, and nowhere else.

Covers Sealed Secrets and their keys, searches of Git and of the cluster for leaks, how pods get secret values.
A developer's ways to a Secret and encryption in etcd belong in security/, the rotation in operations/.
"""
