"""Searches for the contents of the platform's Secrets elsewhere: in the cluster's objects and in Git's texts.

Source: 5.4, 5.5. A Secret also holds what is not secret (an address, a user, a certificate): a value counts if it is
named like a credential, or looks random.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from acceptance.base.conditions import as_json
from acceptance.base.secrecy import register_secret
from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster, KubectlFailed
from acceptance.drivers.secrets import credential_files, credential_patterns
from acceptance.drivers.secrets.encoded_texts import archives_in, searched_of
from acceptance.drivers.secrets.git_leaks import Versions, parsed
from acceptance.drivers.workloads.platform_state import MOVING, is_scenarios

SHORTEST = 8
"""Minimum number of characters: a shorter value may occur anywhere by chance."""
CALLED = re.compile(r"pass|secret|token|key|credential|htpasswd|_url$|dsn|auth", re.IGNORECASE)
PUBLIC = re.compile(r"(user|username|mtime|\.crt|ca|token-id|public|pub|client_?id|_file)$|publishable", re.IGNORECASE)
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]")
ELSEWHERE = {*SYSTEM_NAMESPACES, "kube-public", "kube-node-lease"}
NOT_LISTED = {*MOVING, "secrets", "customresourcedefinitions.apiextensions.k8s.io"} - {
    "jobs.batch",
    "endpoints",
    "bindings",
}
FOLLOWS = {"ReplicaSet", "ControllerRevision"}
"""Kinds that keep earlier versions of a workload and repeat its contents."""


def is_secret(key: str, value: str) -> bool:
    """Whether a Secret's value is secret: long enough, and named like a credential or random."""
    text = value.strip()
    if len(text) < SHORTEST or PUBLIC.search(key) or TIME.match(text) or text.isdigit():
        return False
    if "BEGIN CERTIFICATE" in text and "PRIVATE KEY" not in text:
        return False
    # An address without a password is no secret; one with a password is, whatever its key.
    if "://" in text:
        return bool(credential_patterns.ADDRESS.search(text))
    return bool(CALLED.search(key) or credential_patterns.CHOSEN_BY_NOBODY.fullmatch(text))


def values_of(secrets: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The secret values of Secrets, by `NAMESPACE/NAME/KEY`, without those of scenarios and system namespaces."""
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
    """The secret values of all Secrets in the cluster, redacted from now on; attached runs only have `known`."""
    if cluster.is_attached:
        return {**known}
    listed = as_json(cluster.kubectl("get", "secrets", "--all-namespaces", "--output=json"))["items"]
    values = values_of(listed)
    for value in values.values():
        register_secret(value)
    return {**known, **values}


def forms(value: str) -> set[str]:
    """The forms of a value in a text: plain, as in JSON, in base64, and the most telling of several lines."""
    lines = value.splitlines()
    # All keys have similar first lines.
    middle = lines[len(lines) // 2].strip() if len(lines) > 2 else ""
    whole = {value, json.dumps(value)[1:-1], base64.b64encode(value.encode()).decode()}
    return whole | ({middle} if len(middle) >= 3 * SHORTEST else set())


def held_in(texts: Mapping[str, str], values: Mapping[str, str]) -> list[str]:
    """Which text contains which Secret's value, in words; the values themselves are not shown."""
    wanted = {label: forms(value) for label, value in values.items()}
    return [
        f"{place} holds {label}"
        for place, text in texts.items()
        for label, words in wanted.items()
        if any(word in text for word in words)
    ]


def texts_of_git(versions: Versions) -> dict[str, str]:
    """The texts of Git, with base64 parts decoded, by path and version."""
    return {f"{path} ({identity[:10]})": searched_of(text) for (identity, path), text in versions.items()}


def objects(cluster: Cluster) -> list[dict[str, Any]]:
    """Every object of every namespace or of none except Secrets and scenarios' own, of every kind that the API has.

    Objects that controllers write all the time, earlier versions of workloads, and definitions of kinds, which are
    long, are left out.
    """
    listing = ("api-resources", "--verbs=list", "--output=name")
    kinds = sorted(set(cluster.kubectl(*listing).split()) - NOT_LISTED)
    groups = [",".join(kinds)] if not cluster.is_attached else kinds
    found: list[dict[str, Any]] = []
    for group in groups:
        try:
            found += as_json(cluster.kubectl("get", group, "--all-namespaces", "--output=json"))["items"]
        except KubectlFailed:
            # The user of an attached run may not read every kind.
            if not cluster.is_attached:
                raise
    return [item for item in found if is_searched(item)]


def is_searched(item: dict[str, Any]) -> bool:
    """Whether an object is no scenario's, and not merely an earlier version of a workload."""
    follows = item["kind"] in FOLLOWS and item["metadata"].get("ownerReferences")
    return not (is_scenarios(item) or follows)


def is_platforms(item: dict[str, Any]) -> bool:
    """Whether an object is in a namespace of the platform or in none: those of the nodes have credentials of others."""
    return item["metadata"].get("namespace") not in ELSEWHERE


def title(item: dict[str, Any]) -> str:
    """Kind, namespace and name of an object."""
    return f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def text_of(item: dict[str, Any]) -> str:
    """The text of an object without its managedFields."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    return searched_of(json.dumps({**item, "metadata": metadata}, ensure_ascii=False))


def in_clear(items: list[dict[str, Any]], values: Mapping[str, str]) -> list[str]:
    """What objects contain that only Secrets may: a Secret's value, or a credential by its form, in words.

    A Secret's value is looked for in all objects; by their form only the platform's own are judged.
    """
    found = held_in({title(item): text_of(item) for item in items}, values)
    own = [item for item in items if is_platforms(item)]
    found += [f"{title(item)} has {text}" for item in own for text in credential_patterns.given_away(item)]
    return found + [f"{title(item)} has an archive ({kind}) in base64" for item in own for kind in archives_of(item)]


def archives_of(item: dict[str, Any]) -> list[str]:
    """The kinds of archives that an object has in base64: nobody reads what is in them.

    Sealed values are random; Helm keeps its releases compressed, in Secrets or in ConfigMaps with its label.
    """
    is_helms = (item["metadata"].get("labels") or {}).get("owner") == "helm"
    return [] if is_helms or item["kind"] in credential_patterns.NOT_READ else archives_in(json.dumps(item))


def given_away_in_git(versions: Versions) -> list[str]:
    """The credentials, by their form, in any version of Git's manifests and settings, in words."""
    found = []
    for (identity, path), text in versions.items():
        names = credential_files.in_file(path, text, parsed(text))
        found += [f"{path} ({identity[:10]}) has {name}" for name in names]
    return found
