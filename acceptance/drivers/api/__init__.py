"""The APIs of auth and backend, as clients call them.

Covers signing in with a wallet, tokens, rate limits, GraphQL, the backend's calls to auth, malformed and slow requests.
Pods, logs and Services belong in services/, routes in ingress/.
"""
