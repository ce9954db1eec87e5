"""Finds credentials in manifests by their form, wherever they are: no value needs to be known.

A credential may be in a line of a file in a ConfigMap, in an argument, an annotation, or Helm's values, or before the
host of a URL. Signed tokens and private keys are recognised without a name. A reference to a credential is not one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

NOT_READ = ("Secret", "SealedSecret", "CustomResourceDefinition", "Event")
"""Kinds that hold secrets, sealed secrets, or descriptions of fields and events."""
LAST_APPLIED = "last-applied-configuration"
HELM = ("helm", "values", "valuesObject")
"""The keys below which an Application or a chart has its settings, as data or as text."""
RANDOM_KEY = r"(?:secret|private|access|encryption|signing|jwt)[_.-]?key"
"""Names of keys that are credentials, and also those of settings that say where a key is or how it is used."""
CREDENTIAL = rf"(?:password|passwd|passphrase|pwd|(?<![a-z])pass|secret|token|api[_.-]?key|credentials|{RANDOM_KEY})"
"""How the names of credentials end; `bypass` is none."""
LINE = re.compile(
    rf"""(?<![\w.$&?/-])["']?([\w.-]*{CREDENTIAL})["']?[ \t]*[:=][ \t]*("[^"\n]*"|'[^'\n]*'|[^\s"',;}}\]]+)""",
    re.IGNORECASE,
)
"""NAME=VALUE, NAME: VALUE or "NAME": "VALUE", also several on a line."""
ARGUMENT = re.compile(rf"--([\w.-]*{CREDENTIAL})(?:=|\s+)([^\s\"',]+)", re.IGNORECASE)
NAMED = re.compile(rf"{CREDENTIAL}$", re.IGNORECASE)
NAMED_KEY = re.compile(rf"{RANDOM_KEY}$", re.IGNORECASE)
CHOSEN_BY_NOBODY = re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)[\w+/=.~-]{20,}")
"""Values that are random, as programs make them."""
HEXADECIMAL = re.compile(r"(?=\S*[a-f])(?=\S*\d)[0-9a-f]{32,}")
"""Random values in hexadecimal digits, of 16 bytes or more (`openssl rand -hex 16`)."""
ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://([^\s/@:\"']*):([^\s/@\"']{4,})@[\w\[]", re.IGNORECASE)
SIGNED = re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}")
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----|\bAGE-SECRET-KEY-1[A-Z0-9]{50,}")
"""Private keys: PEM (RFC 7468), OpenPGP's (RFC 9580, 6.2), and those of age, with which SOPS encrypts."""
REFERENCE = re.compile(r"[$%{<*!/|>&\[]|(?:env|file|vault|secret|ref|op)[:.+]", re.IGNORECASE)
"""Prefixes of values that say where the credential is, not what it is."""
WORDS = {
    "true", "false", "null", "none", "required", "optional", "disabled", "enabled", "default", "auto", "bearer",
    "jwt", "opaque", "header", "cookie", "query", "basic", "plain", "scram-sha-256", "redacted", "changeme",
    "read", "write", "inherit",
}  # fmt: skip
STANDS_IN = re.compile(
    r"\$[({]|\$[A-Z_][A-Z0-9_]*$|\{\{|<|%\w+%|(?:env|file|vault|secret|ref|op)[:.+]"
    r"|(?:your|replace|change|insert|enter|dummy|placeholder|todo|fixme)(?=[\W_])|(?:change|replace)me|[x*.]{3,}$",
    re.IGNORECASE,
)
"""How placeholder values and references begin."""
TOKENS = {
    "GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})",
    "GitLab": r"\bglpat-[\w-]{20,}",
    "npm": r"\bnpm_[A-Za-z0-9]{36,}",
    "Slack": r"\bxox[abeprs]-[\w-]{20,}",
    "Stripe": r"\b[rs]k_live_\w{16,}",
    "AWS": r"(?i)\baws_?secret_?access_?key\W{1,5}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])",
}
"""Credentials whose issuer gives them a form of their own."""
DISTINCT = 8
"""The fewest different characters of a real token; `ghp_xxxx` of a manual has fewer."""
NAME_OF_OBJECT = re.compile(r"[a-z]+([.-][a-z]+)*$")
"""The name of a Secret that a setting refers to: `imagePullSecret: registry`."""
SHORTEST = 4
SCRIPTS = (".sh", ".py", ".js", ".ts", ".lua", ".sql", ".html", ".md", ".crt", ".pem")
"""Files that read or mention credentials by such names."""


def stands_in(value: str) -> bool:
    """Whether a value is a switch, a common word, a placeholder, or says where the credential is."""
    text = value.strip().strip("\"'")
    return not text or text.lower() in WORDS or bool(STANDS_IN.match(text))


def is_random(text: str) -> bool:
    """Whether a value looks as if a program had chosen it, in base64, base64url or hexadecimal digits."""
    return bool(CHOSEN_BY_NOBODY.fullmatch(text) or HEXADECIMAL.fullmatch(text))


def is_credential(name: str, value: str) -> bool:
    """Whether a setting's value is a credential itself, and not a common word or a reference."""
    text = value.strip().strip("\"'")
    if len(text) < SHORTEST or stands_in(text) or REFERENCE.match(text) or "(" in text:
        return False
    if name.lower().endswith(("secret", "credentials")) and NAME_OF_OBJECT.match(text):
        return False
    if NAMED_KEY.search(name) and not is_random(text):
        return False
    return not (text.isdigit() and not name.lower().endswith(("password", "passwd")))


def in_lines(text: str) -> list[str]:
    """The names of the credentials in the lines of a text; comments and scripts are left out."""
    if text.startswith("#!"):
        return []
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("#", "//", ";", "--"))]
    return [name for line in lines for name, value in LINE.findall(line) if is_credential(name, value)]


def addresses(text: str) -> list[str]:
    """The addresses in a text that have a password, in words."""
    return [
        f"a URL with the password of {user or '(no user)'}"
        for user, word in ADDRESS.findall(text)
        if is_credential("password", word)
    ]


def by_form(text: str) -> list[str]:
    """The credentials in a text that are recognised by their form alone, in words."""
    found = addresses(text) + tokens(text) + (["a signed token"] if SIGNED.search(text) else [])
    return found + (["a private key"] if PRIVATE_KEY.search(text) else [])


def tokens(text: str) -> list[str]:
    """The issuers of the tokens in a text, in words; tokens of manuals, which are no real ones, are left out."""
    return [
        f"a credential of {issuer}"
        for issuer, pattern in TOKENS.items()
        if any(len(set(found)) >= DISTINCT and "example" not in found.lower() for found in re.findall(pattern, text))
    ]


def given_away(manifest: Any) -> list[str]:
    """The credentials in a manifest, with their paths; for a Kustomization, in what it generates or patches."""
    kind = manifest.get("kind") if isinstance(manifest, dict) else None
    if not isinstance(kind, str) or kind in NOT_READ:
        return []
    if isinstance(manifest.get("items"), list):
        return [text for item in manifest["items"] for text in given_away(item)]
    return [f"{what} at {path}" for path, what in below(manifest, "", by_key=kind == "ConfigMap")]


def below(value: Any, path: str, *, by_key: bool) -> Iterator[tuple[str, str]]:
    """The path and name of each credential below a YAML value."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from below(item, f"{path}[{index}]", by_key=by_key)
    elif isinstance(value, dict):
        if is_pair(value):
            yield f"{path}.{value['name']}", str(value["name"])
        for key, inner in value.items():
            name = str(key)
            if by_key and isinstance(inner, str) and NAMED.search(name) and is_credential(name, inner):
                yield f"{path}.{name}", name
            yield from below(inner, f"{path}.{name}".lstrip("."), by_key=by_key or name in HELM)
    elif isinstance(value, str):
        yield from ((path, what) for what in in_string(value, path))


def is_pair(value: dict[str, Any]) -> bool:
    """Whether a mapping is a variable or a parameter whose value is a credential."""
    name, given = value.get("name"), value.get("value")
    both = isinstance(name, str) and isinstance(given, str)
    return both and bool(NAMED.search(str(name))) and is_credential(str(name), str(given))


def in_string(text: str, path: str) -> list[str]:
    """The credentials in one string of a manifest: a file of a ConfigMap, an argument, an annotation."""
    if path.endswith(LAST_APPLIED):
        try:
            return given_away(json.loads(text))
        except ValueError:
            return by_form(text)
    found = by_form(text) + [name for name, word in ARGUMENT.findall(text) if is_credential(name, word)]
    # A one-line setting has its name in its key, unless it is one of several arguments or literals.
    is_file = "\n" in text or path.startswith(("data.", "binaryData.")) or path.endswith("]")
    return found + (in_lines(text) if is_file and not path.endswith(SCRIPTS) else [])
