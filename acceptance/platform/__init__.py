"""The platform's components: how each is deployed, found and trusted.

Covers Git, Argo CD, Traefik, the authority, secrets, access and the five Applications.
What only scenarios need belongs in drivers/, manifests in k8s/.
"""
