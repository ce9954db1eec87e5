"""What the platform runs on: kind, AWS or an existing cluster, behind one contract.

Covers provisioning, attaching, locks and leftovers.
OpenTofu's roots are in the top-level infrastructure/, the cluster's API in cluster/.
"""
