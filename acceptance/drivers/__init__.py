"""What scenarios act on and observe with, one package per domain, typed, so that a step is one call.

Each package says what it covers; docs/architecture.md lists them. A package imports only those on the layers below it.
Assertions of a single criterion belong in its step, session-wide fixtures in fixtures/.
"""
