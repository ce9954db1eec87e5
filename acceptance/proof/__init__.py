"""Proof that criteria can fail: defects are injected into a kept platform, seen to be in effect, judged, and undone.

Covers the catalogue in defects/, how each kind of defect is made and undone, and the ledger of what turned red.
What scenarios observe with belongs in drivers/, the command line in commands/prove.py.
"""
