"""What scenarios act on and look with: database, services, demos, load, network, wallet.

Covers one thing of the platform per module, typed, so that a step is one call.
Assertions of one criterion belong in its step, session-wide fixtures in fixtures/.
"""
