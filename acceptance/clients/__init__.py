"""One module per program or server that the suite talks to: git, docker, kustomize, Argo CD, SQL, TLS, HTTP.

Covers how to reach it and how to report errors; requests and subprocess stay hidden behind it.
What is specific to the platform (its namespace, its secrets) belongs in platform/.
"""
