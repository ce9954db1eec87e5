"""Argo CD: its Applications, projects and settings, and how it syncs.

Covers demos, polling and webhooks, syncs and their records, reported status, drift from Git.
Changes of the platform's own services through Git belong in operations/.
"""
