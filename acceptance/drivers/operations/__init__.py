"""What operators do to a running platform.

Covers changes through Git, rollouts and rollbacks, scaling, secret rotation, recovery from backups, the handbooks.
Argo CD's own behaviour belongs in argocd/, copies of services beside the platform in services/.
"""
