"""Whether the passwords and users in a Secret that holds a connection URL agree. Source: 5.3, 5.7."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

PARTS = {
    "POSTGRES": "DATABASE_URL", "PG": "DATABASE_URL", "DATABASE": "DATABASE_URL", "DB": "DATABASE_URL",
    "REDIS": "REDIS_URL",
}  # fmt: skip
"""How the keys of a user and a password begin, and the key of the URL of which they are parts."""


NOBODY = {"REDIS_URL": "default"}
"""Who logs in with a URL that has a password and no user name."""


def unlike_their_url(values: Mapping[str, str]) -> list[str]:
    """The keys of passwords and users in a Secret that differ from those in the URL beside them; no value is told.

    A password beside the name of another user than the URL's is that user's own, unless it is the URL's. A Secret with
    a URL alone, or with a URL without a password, contradicts nothing. A URL with white space around it, such as the
    line break at the end of a file that was sealed, is no URL to most clients.
    """
    urls = dict.fromkeys(PARTS.values())
    found = [
        f"{key} begins or ends with white space" for key in urls if values.get(key, "").strip() != values.get(key, "")
    ]
    for prefix, key in PARTS.items():
        url = urlsplit(values.get(key, ""))
        name = next((name for name in of_user(prefix) if name in values), "")
        word = next((name for name in of_password(prefix) if name in values), "")
        same_user = not name or values[name] == (unquote(url.username or "") or NOBODY.get(key))
        if url.password and word and same_user and values[word] != unquote(url.password):
            found.append(f"{word} is not the password in {key}")
        if url.password and word and not same_user and values[word] == unquote(url.password):
            found.append(f"{name} is not the user in {key}, but has that user's password")
    return found


def of_user(prefix: str) -> tuple[str, ...]:
    """The usual keys of a user name."""
    return f"{prefix}_USER", f"{prefix}USER", f"{prefix}_USERNAME"


def of_password(prefix: str) -> tuple[str, ...]:
    """The usual keys of a password."""
    return f"{prefix}_PASSWORD", f"{prefix}PASSWORD"
