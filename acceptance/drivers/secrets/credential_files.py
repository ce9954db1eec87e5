"""Finds credentials by their form in files of Git: in manifests, and in the settings of other tools. Source: 5.4.

Other tools' files are a chart's values, compose.yaml, workflows, variables of OpenTofu, logins of Docker, npm or curl.
Scripts and source code only mention credentials by such names: in them, only tokens of a known form count.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from acceptance.drivers.secrets import credential_patterns

SETTINGS = (".properties", ".ini", ".cfg", ".conf", ".toml", ".env", ".tfvars", ".git-credentials")
"""Suffixes of settings files, which have a setting on each line."""
OF_ENVIRONMENT = re.compile(r"(?:^|\w)\.env\.[\w.-]+$")
"""Names of a file of variables among several (`.env.production`, `app.env.bak`)."""
NO_VARIABLES = (
    ".example", ".sample", ".template", ".tmpl", ".dist", ".defaults", ".test", ".ci",
    ".md", ".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".sh",
)  # fmt: skip
"""Suffixes of such files that only show which settings there are, are for tests, or are source code."""
OF_PACKAGES = re.compile(
    r"(?:requirements|constraints)[\w.-]*\.(?:txt|in)$|\.lock$|^\.gitmodules$|^(?:Docker|Container)file"
)
"""Names of files that say where packages, modules and images come from; its addresses may have a password."""
DATA = (".yaml", ".yml")
"""Suffixes of settings that are data; JSON has texts and versions below such names, too, and only its logins count."""
NOT_SETTINGS = ("kustomization.yaml", "kustomization.yml", "pnpm-lock.yaml", ".pre-commit-config.yaml")
"""Files that have no credentials by key; a kustomization's generators are judged as such."""
OTHERS = {"upstream", "node_modules", "locales", "i18n", "translations", "testdata"}
"""Folders of releases of others, and of texts for people."""
USUAL = {
    "postgres",
    "password",
    "secret",
    "admin",
    "root",
    "test",
    "guest",
    "example",
    "minioadmin",
    "pass",
    "passwd",
    "user",
}
"""Default passwords of software, for a developer's own machine."""
SCRIPT = re.compile(r"\b(?:run|(?:before_|after_)?script|command|entrypoint)(?:\[\d+\])?$")
"""The keys below which a workflow or compose.yaml has commands."""
LOGINS: dict[str, re.Pattern[str]] = {
    ".npmrc": re.compile(r"_(?:authToken|auth|password)[ \t]*=[ \t]*(\S+)"),
    ".netrc": re.compile(r"\bpassword\s+(\S+)"),
    ".pgpass": re.compile(r"^[^:#\s][^:\n]*:[^:\n]*:[^:\n]*:[^:\n]*:(\S+)$", re.MULTILINE),
}
"""Files with which programs sign in, and where these have the password."""


def in_file(path: str, text: str, documents: list[Any]) -> list[str]:
    """The credentials in a file, in words. `path`: `REPOSITORY: PATH`; `documents`: its YAML documents, if any."""
    file = PurePosixPath(path.rpartition(": ")[2])
    manifests = [item for item in documents if isinstance(item, dict) and isinstance(item.get("kind"), str)]
    found = [name for item in manifests for name in credential_patterns.given_away(item)]
    others = [] if manifests or OTHERS & {*file.parts} else [item for item in documents if isinstance(item, dict)]
    if file.suffix in DATA and file.name not in NOT_SETTINGS:
        found += [name for item in others for name in by_key(item)]
    found += [name for item in others for name in logins(item)]
    if path.endswith(SETTINGS):
        found += credential_patterns.in_lines(text) + credential_patterns.by_form(text)
    if OF_ENVIRONMENT.search(file.name) and not file.name.endswith(NO_VARIABLES):
        found += credential_patterns.in_lines(text) + credential_patterns.by_form(without_usual(text))
    if OF_PACKAGES.search(file.name) and not OTHERS & {*file.parts}:
        found += credential_patterns.addresses(without_usual(text))
    words = LOGINS[file.name].findall(text) if file.name in LOGINS else []
    found += [f"a password of {file.name}" for word in words if credential_patterns.is_credential("password", word)]
    return list(dict.fromkeys(found + credential_patterns.tokens(text)))


def without_usual(text: str) -> str:
    """A text without the addresses that have a default password, as tests and developers' machines use them."""
    return credential_patterns.ADDRESS.sub(lambda found: "" if found[2].lower() in USUAL else found[0], text)


def by_key(document: dict[str, Any]) -> list[str]:
    """The credentials in settings that are no manifest, by the names of their keys and by their form."""
    said = dict(values(document, ""))
    found = credential_patterns.below(document, "", by_key=True)
    return [
        f"{what} at {path}"
        for path, what in found
        if not SCRIPT.search(path) and said.get(path, "").rpartition("=")[2].lower() not in USUAL
    ]


def values(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each text below a YAML value, with its path as `below` writes it."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from values(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from values(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, str):
        yield path, value


def logins(document: dict[str, Any]) -> list[str]:
    """The registries for which Docker's settings hold a user and a password."""
    listed = document.get("auths")
    entries = listed.items() if isinstance(listed, dict) else ()
    return [f"the password of {name}" for name, entry in entries if isinstance(entry, dict) and is_login(entry)]


def is_login(entry: dict[str, Any]) -> bool:
    """Whether an entry of Docker's settings holds a password: plain, or as `USER:PASSWORD` in base64."""
    if credential_patterns.is_credential("password", str(entry.get("password") or "")):
        return True
    try:
        user, _, word = base64.b64decode(str(entry.get("auth") or ""), validate=True).decode().partition(":")
    except ValueError:
        return False
    return bool(user) and credential_patterns.is_credential("password", word)
