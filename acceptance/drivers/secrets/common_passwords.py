"""Passwords that anybody tries first. Source: 6.6, 7.5."""

from __future__ import annotations

COMMON = (
    "password", "passw0rd", "changeme", "secret", "letmein", "welcome", "admin", "administrator", "root", "test",
    "default", "123456", "12345678", "123456789", "qwerty", "postgres", "yugabyte", "redis",
)  # fmt: skip
"""The words at the top of lists of leaked passwords, and those that products come with."""


def guesses(user: str) -> list[str]:
    """The passwords that are tried first for a user: COMMON, the user's name, and this with what people add to it."""
    return [*dict.fromkeys([*COMMON, *(f"{user}{end}" for end in ("", "1", "123") if user)])]
