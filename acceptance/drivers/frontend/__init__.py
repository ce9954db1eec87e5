"""The website, as browsers get it.

Covers pages, static assets, screenshots, and visitors with other languages and devices.
Routes and redirects belong in ingress/, the delivery of a changed page in operations/.
"""
