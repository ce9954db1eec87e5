"""What Git must not hold: secret values, and Secrets in clear, in any file on any branch. Source: criterion 5.4."""

from __future__ import annotations

import base64
import re
from typing import Any

from acceptance.base.yaml_text import documents
from acceptance.clients.git import Repository

SCAN_SIZE = 1_000_000
"""Largest file of a repository that is searched for secrets, in bytes; larger ones are an error."""
SECRET_KIND = re.compile(r"""^\s*["']?kind["']?\s*:\s*["']?Secret["']?\s*,?\s*$""", re.MULTILINE)
ENCODED = re.compile(r"[\w+/=-]{24,}")
Versions = dict[tuple[str, str], str]
"""Texts of files in Git, by object id and by `REPOSITORY: PATH`."""


def every_version(repository: Repository) -> Versions:
    """Every version of every file on every branch and tag of a repository, whatever its kind."""
    repository.fetch()
    repository.git("fetch", "--quiet", "--prune", repository.remote(), "+refs/*:refs/everything/*")
    found: Versions = {}
    objects = repository.git("rev-list", "--objects", "--all")
    # An object's path comes back behind what is said of it.
    about = repository.git("cat-file", "--batch-check=%(objecttype) %(objectsize) %(objectname) %(rest)", stdin=objects)
    for line in about.splitlines():
        kind, size, identity, path = (line + " ").split(" ", 3)
        if kind == "blob" and (path := path.strip()):
            assert int(size) <= SCAN_SIZE, f"{path} has {size} bytes, more than is searched for secrets"
            found[identity, f"{repository.name}: {path}"] = repository.git("cat-file", "blob", identity)
    return found


def secret_values(values: dict[str, dict[str, str]]) -> dict[str, str]:
    """The platform's secret values by `SECRET/KEY`; a user's name is none."""
    return {
        f"{name}/{key}": value for name, keys in values.items() for key, value in keys.items() if key != "POSTGRES_USER"
    }


def leaks(versions: Versions, values: dict[str, str]) -> list[str]:
    """Where a version of a file holds a secret value, plain or in base64, or is a Secret in clear, in any format."""
    found = []
    for (identity, path), text in versions.items():
        decoded = text + "\n".join(decoded_parts(text))
        found += [f"{path} (blob {identity[:10]}) holds {label}" for label, value in values.items() if value in decoded]
        if is_filled_secret(text):
            found.append(f"{path} (blob {identity[:10]}) is a Secret in clear")
    return found


def decoded_parts(text: str) -> list[str]:
    """What is encoded in base64 in a text, decoded where it is text."""
    parts = []
    for word in ENCODED.findall(text):
        try:
            parts.append(base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode())
        except ValueError:
            continue
    return parts


def is_filled_secret(text: str) -> bool:
    """Whether a text, YAML or JSON, holds a Secret with values. One that does not parse counts if it looks like one."""
    if not SECRET_KIND.search(text) and '"Secret"' not in text:
        return False
    try:
        parsed = documents(text)
    except Exception:
        return "data:" in text or "stringData:" in text
    items = [item for document in parsed if isinstance(document, dict) for item in (document, *items_of(document))]
    return any(item.get("kind") == "Secret" and (item.get("data") or item.get("stringData")) for item in items)


def items_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects in a List."""
    items = document.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
