"""The plan's five Applications, as the registry of components has them. Source: tasks 11 to 16."""

from __future__ import annotations

from acceptance.platform.components import COMPONENTS

APPLICATIONS = tuple(item.name for item in COMPONENTS.values() if item.is_application)
"""Their names, in the order in which they are rendered."""
