"""Where images and host tools come from: the lock, pulls, builds, the local registry, pins.

Covers what is prepared before anything runs.
Recipes are in the top-level images/, deploying the images belongs in platform/.
"""
