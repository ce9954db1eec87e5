"""Personal access tokens that auth never issued, made from one that it did. Source: 8.9."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase, digits

from acceptance.base.secrecy import register_secret

NO_JWT = "something that is no JWT"
"""The Examples' name for tokens of this kind."""
CHANGED = 20
"""The characters at a token's end that are changed: what is before them is its prefix, which all tokens have."""


def rotated(letters: str) -> str:
    """The same letters, each at the place of the one before it."""
    return letters[1:] + letters[:1]


SETS = (digits, *(half for letters in (ascii_lowercase, ascii_uppercase) for half in (letters[:6], letters[6:])))
OTHERS = str.maketrans("".join(SETS), "".join(rotated(letters) for letters in SETS))
"""Another character for each: of the same kind, so that hexadecimal digits stay such."""


def never_issued(kind: str, token: str) -> dict[str, str]:
    """A personal access token of which only the beginning is one's own, by name; none for other kinds of tokens."""
    if kind != NO_JWT or not token:
        return {}
    made = token[:-CHANGED] + token[-CHANGED:].translate(OTHERS)
    return {"a personal access token with another end": register_secret(made)}
