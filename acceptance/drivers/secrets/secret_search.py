"""Searches for the contents of the platform's Secrets everywhere else: in objects of the cluster and texts of Git.

Source: 5.4, 5.5. A Secret holds more than secrets (an address, a user, a certificate): what counts is named like a
credential, or looks random.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.base.secrecy import register_secret
from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster, Refused
from acceptance.drivers.secrets import credential_patterns
from acceptance.drivers.secrets.git_leaks import Versions, parsed, searched_of
from acceptance.drivers.workloads.platform_state import MOVING, is_scenarios

SHORTEST = 8
"""Characters below which a value may be anywhere by chance."""
CALLED = re.compile(r"pass|secret|token|key|credential|htpasswd|_url$|dsn|auth", re.IGNORECASE)
PUBLIC = re.compile(r"(user|username|mtime|\.crt|ca|token-id|public|pub|client_?id|_file)$|publishable", re.IGNORECASE)
CHOSEN_BY_NOBODY = re.compile(r"(?=\S*[a-z])(?=\S*[A-Z])(?=\S*\d)[\w+/=.~-]{20,}")
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]")
SETTINGS = (".properties", ".ini", ".cfg", ".conf", ".toml", ".env")
"""How files of settings end, which a generator puts into a ConfigMap as they are."""
ELSEWHERE = {*SYSTEM_NAMESPACES, "kube-public", "kube-node-lease"}
NOT_LISTED = {*MOVING, "secrets"} - {"jobs.batch", "endpoints", "bindings"}
FOLLOWS = {"ReplicaSet", "ControllerRevision"}
"""What keeps the versions of a workload: they say what it said."""


def is_secret(key: str, value: str) -> bool:
    """Whether what a Secret has under a key is one: long enough, and called so or chosen by nobody."""
    text = value.strip()
    if len(text) < SHORTEST or PUBLIC.search(key) or TIME.match(text) or text.isdigit():
        return False
    if "BEGIN CERTIFICATE" in text and "PRIVATE KEY" not in text:
        return False
    # An address without a password is none; one with a password may be called as anybody likes.
    if "://" in text:
        return bool(credential_patterns.ADDRESS.search(text))
    return bool(CALLED.search(key) or CHOSEN_BY_NOBODY.fullmatch(text))


def values_of(secrets: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The secret values of Secrets, by `NAMESPACE/NAME/KEY`; scenarios' and the nodes' own are left out."""
    found = {}
    for item in secrets:
        metadata = item["metadata"]
        if metadata["namespace"] in ELSEWHERE or is_scenarios(item):
            continue
        for key, encoded in (item.get("data") or {}).items():
            value = base64.b64decode(encoded).decode(errors="replace").strip()
            if is_secret(key, value):
                found[f"{metadata['namespace']}/{metadata['name']}/{key}"] = value
    return found


def of_cluster(cluster: Cluster, known: Mapping[str, str]) -> dict[str, str]:
    """The secret values of every Secret of the cluster, redacted from now on; attached runs have those of `known`."""
    if cluster.is_attached:
        return {**known}
    listed = as_json(cluster.kubectl("get", "secrets", "--all-namespaces", "--output=json"))["items"]
    values = values_of(listed)
    for value in values.values():
        register_secret(value)
    return {**known, **values}


def forms(value: str) -> set[str]:
    """How a value stands in a text: as it is, as JSON has it, in base64, and of several lines the most telling one."""
    lines = value.splitlines()
    # The first lines of all keys are alike.
    middle = lines[len(lines) // 2].strip() if len(lines) > 2 else ""
    whole = {value, json.dumps(value)[1:-1], base64.b64encode(value.encode()).decode()}
    return whole | ({middle} if len(middle) >= 3 * SHORTEST else set())


def held_in(texts: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    """Which value of a Secret is in which text; the values are not named."""
    wanted = {label: forms(value) for label, value in values.items()}
    return [
        f"{place} holds {label}"
        for place, text in texts.items()
        for label, words in wanted.items()
        if any(word in text for word in words)
    ]


def texts_of_git(versions: Versions) -> dict[str, str]:
    """The texts of Git, with what they have in base64 decoded, by where they are."""
    return {f"{path} ({identity[:10]})": searched_of(text) for (identity, path), text in versions.items()}


def objects(cluster: Cluster) -> list[dict[str, Any]]:
    """Each object of the platform's namespaces that is no Secret, of every kind that the API has.

    Left out is what controllers write all the time, and the versions of a workload, which say what it said.
    """
    listing = ("api-resources", "--verbs=list", "--namespaced", "--output=name")
    kinds = sorted(set(cluster.kubectl(*listing).split()) - NOT_LISTED)
    groups = [",".join(kinds)] if not cluster.is_attached else kinds
    found: list[dict[str, Any]] = []
    for group in groups:
        try:
            found += as_json(cluster.kubectl("get", group, "--all-namespaces", "--output=json"))["items"]
        except Refused:
            # Who is attached may not read every kind.
            if not cluster.is_attached:
                raise
    return [item for item in found if is_platforms(item)]


def is_platforms(item: dict[str, Any]) -> bool:
    """Whether an object is the platform's, and says something of its own."""
    follows = item["kind"] in FOLLOWS and item["metadata"].get("ownerReferences")
    return not (item["metadata"].get("namespace") in ELSEWHERE or is_scenarios(item) or follows)


def title(item: dict[str, Any]) -> str:
    """Kind, namespace and name of an object."""
    return f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def text_of(item: dict[str, Any]) -> str:
    """All that an object says but who wrote what."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return searched_of(json.dumps({**item, "metadata": metadata}, ensure_ascii=False))


def in_clear(items: list[dict[str, Any]], values: Mapping[str, str]) -> list[str]:
    """What objects hold that only Secrets may: a value of a Secret, or what is a credential by its form."""
    found = held_in({title(item): text_of(item) for item in items}, values)
    return found + [f"{title(item)} has {text}" for item in items for text in credential_patterns.given_away(item)]


def given_away_in_git(versions: Versions) -> list[str]:
    """What manifests and settings of Git give away by their form, in any version."""
    found = []
    for (identity, path), text in versions.items():
        place = f"{path} ({identity[:10]})"
        names = [name for document in parsed(text) for name in credential_patterns.given_away(document)]
        if path.endswith(SETTINGS):
            names += credential_patterns.in_lines(text) + credential_patterns.by_form(text)
        found += [f"{place} has {name}" for name in names]
    return found
