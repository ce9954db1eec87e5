"""What the platform stands on: kind, AWS or a cluster that is there, behind one contract.

Covers provisioning, attaching, locks and leftovers.
OpenTofu's roots are in the top level's infrastructure/, the cluster's API in cluster/.
"""
