"""Where images and host tools come from: the lock, pulls, builds, the registry beside the cluster, pins.

Covers what is made before anything runs.
Recipes are in the top level's images/, what is deployed from them in platform/.
"""
