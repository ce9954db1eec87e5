"""Who runs this."""

from __future__ import annotations

import getpass
import os


def user() -> str:
    """The name of this user, or the UID if the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
