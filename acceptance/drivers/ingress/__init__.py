"""Traefik: routes, redirects, certificates, and what is reachable from outside.

Covers the rules and middlewares of routes, scenarios' own routes, the access log, HTTP/2, retries, ACME certificates.
The load balancer in front belongs in network/, what the services answer in api/ and frontend/.
"""
