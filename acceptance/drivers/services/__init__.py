"""What auth, backend and frontend have in common.

Covers their pods, Services, DNS names, logs, latency and ConfigMaps, and copies of them with other settings.
What they answer belongs in api/ and frontend/, rollouts in operations/.
"""
