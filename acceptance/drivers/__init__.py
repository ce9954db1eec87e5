"""What scenarios act on and observe with: database, services, demos, load, network, wallet.

Covers one part of the platform per module, typed, so that a step is one call.
Assertions of a single criterion belong in its step, session-wide fixtures in fixtures/.
"""
