"""Hardening: access rights and network access.

Covers developers' rights, unauthenticated access, users with few rights, pod security, network policies, encryption.
Secrets in Git and in pods belong in secrets/, the CIS benchmark in cluster/.
"""
