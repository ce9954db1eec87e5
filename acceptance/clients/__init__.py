"""One module per program or server that the suite talks to: git, docker, kustomize, Argo CD, SQL, TLS, HTTP.

Covers how to reach it and how to say what went wrong; requests and subprocess stay behind it.
What the platform means by it (its namespace, its secrets) belongs in platform/.
"""
