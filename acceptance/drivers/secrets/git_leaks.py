"""What Git must not contain: Secrets in clear, secret values and private keys, in any version of any file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from kubernetes.client import ApiException

from acceptance.base.yaml_text import documents
from acceptance.clients.git import Repository
from acceptance.cluster.cluster import Cluster
from acceptance.drivers.secrets import credential_files
from acceptance.drivers.secrets.credential_patterns import ADDRESS, NAMED, PRIVATE_KEY, is_credential, stands_in
from acceptance.drivers.secrets.encoded_texts import ARCHIVES, archives_in, decoded_parts, searched_of
from acceptance.platform.git import GIT, GitServer
from acceptance.platform.secrets import read_secret

SCAN_SIZE = 1_000_000
"""Largest file of a repository that is searched for secrets, in bytes; larger ones are an error."""
SECRET_KIND = re.compile(r"""["']?kind["']?\s*:\s*["']?Secret\b""")
GENERATOR = "secretGenerator"
SOURCES = ("literals", "files", "envs", "env")
"""Where kustomize's secretGenerator takes values from: all of these are in Git, in clear."""
CREDENTIAL = re.compile(r"(password|secret|token|api[_.-]?key)$", re.IGNORECASE)
"""The names of settings that are really credentials."""
CONFIG_GENERATOR = "configMapGenerator"
ASSIGNMENT = re.compile(r"""(?:export +)?([A-Za-z_]\w*)=["']?([^"']*)["']?""")
"""A line of an env file."""
COMMIT = "commit or tag"
HINT = (
    "Try: git log --all -- PATH; seal it with kubeseal, and rotate its values"
    " (if it is on no branch: git prune on the Git server)"
)
Versions = dict[tuple[str, str], str]
"""Texts in Git by object id and `REPOSITORY: PATH`."""


def repositories(cluster: Cluster, git: GitServer) -> list[Repository]:
    """Every repository of the Git server: those that it was started with, and any other that is there.

    Raises AssertionError if an Application of the platform is deployed from elsewhere, which would not be searched.
    """
    names = {*git.names()}
    if git.settings.server == "in-cluster":
        listed = cluster.kubectl("-n", GIT, "exec", f"deploy/{GIT}", "--", "ls", "/srv/git")
        names |= {name.removesuffix(".git") for name in listed.split() if name.endswith(".git")}
    found = [git.repository(name) for name in sorted(names)]
    known = {repository.url for repository in found}
    unknown = sorted(sources(cluster) - known)
    assert not unknown, (
        f"expected Applications to be deployed only from {sorted(known)}, saw also {unknown}, which is not searched"
    )
    return found


def credentials(cluster: Cluster, git: GitServer) -> dict[str, str]:
    """The Git server's own secret values."""
    own = read_secret(cluster, "git-credentials", GIT) if git.settings.server == "in-cluster" else None
    return {"password": git.password, **(own or {})}


def sources(cluster: Cluster) -> set[str]:
    """The repositories that Argo CD deploys from, without those of demos; none if Argo CD is not installed."""
    try:
        found = cluster.custom.list_cluster_custom_object("argoproj.io", "v1alpha1", "applications")["items"]
    except ApiException as error:
        if error.status == 404:
            return set()
        raise
    specs = [item["spec"] for item in found if item["spec"].get("project") != "demo"]
    several = [source for spec in specs for source in [spec.get("source"), *(spec.get("sources") or [])] if source]
    return {str(source["repoURL"]) for source in several}


def every_version(repository: Repository) -> Versions:
    """Every version of every file on every ref of a repository, and the texts of its commits and tags.

    Raises AssertionError if one is larger than SCAN_SIZE.
    """
    repository.fetch()
    repository.git("fetch", "--quiet", "--prune", "--no-tags", repository.remote(), "+refs/*:refs/everything/*")
    found: Versions = {}
    # The clone's own refs, such as tags that it once fetched, are not the repository's.
    objects = repository.git("rev-list", "--objects", "--glob=refs/everything")
    # `rev-list` prints an object's path after its id; `cat-file` repeats it as %(rest).
    about = repository.git("cat-file", "--batch-check=%(objecttype) %(objectsize) %(objectname) %(rest)", stdin=objects)
    for line in about.splitlines():
        kind, size, identity, path = (line + " ").split(" ", 3)
        if kind == "tree":
            continue
        path = path.strip() or ("no path" if kind == "blob" else COMMIT)
        assert int(size) <= SCAN_SIZE, (
            f"{path} in {repository.name} has {size} bytes, but at most {SCAN_SIZE} are searched for secrets"
        )
        found[identity, f"{repository.name}: {path}"] = repository.git("cat-file", "-p", identity)
    return found


def secret_values(values: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Secret values by `SECRET/KEY`, without user names."""
    return {
        f"{name}/{key}": value for name, keys in values.items() for key, value in keys.items() if key != "POSTGRES_USER"
    }


def leaks(versions: Versions, values: Mapping[str, str]) -> list[str]:
    """What each version of a file contains that it must not; archives count, since their contents are not searched."""
    return [
        f"{path} ({identity[:10]}) {what}"
        for (identity, path), text in versions.items()
        for what in wrong_in(text, values)
    ]


def wrong_in(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """What a text contains that Git must not, plain or in base64, once or twice."""
    searched = searched_of(text)
    yield from (f"holds {label}" for label, value in values.items() if value in searched)
    if PRIVATE_KEY.search(searched):
        yield "holds a private key"
    if any(is_filled_secret(part) for part in (text, *decoded_parts(text))):
        yield "is an unencrypted Secret"
    yield from (f"has {key} in a ConfigMap" for key in credentials_of_config_maps(text))
    # Criterion 5.5 judges variables that are named like the platform's own secrets.
    own = {label.rpartition("/")[2] for label in values}
    yield from (f"has {name} in plain text" for name in credentials_in_clear(text) if name not in own)
    yield from (f"is an archive ({kind})" for kind, start in ARCHIVES.items() if text.startswith(start))
    yield from (f"has an archive ({kind}) in base64" for kind in archives_in(text))


def credentials_of_config_maps(text: str) -> list[str]:
    """The keys of ConfigMaps in a text that are named like a credential and hold one."""
    if "ConfigMap" not in text:
        return []
    maps = [item for item in parsed(text) if isinstance(item, dict) and item.get("kind") == "ConfigMap"]
    data = [item["data"] for item in maps if isinstance(item.get("data"), dict)]
    return [key for pairs in data for key, value in pairs.items() if is_given(str(key), str(value or ""))]


def credentials_in_clear(text: str) -> list[str]:
    """What is named like a credential and has a value: variables of containers, literals of generators, env files."""
    pairs = assignments(text)
    if "value" in text or CONFIG_GENERATOR in text:
        pairs += [pair for document in parsed(text) for pair in settings_in(document)]
    return [name for name, value in pairs if is_given(name, value) or has_password(value)]


def is_given(name: str, value: str) -> bool:
    """Whether a setting that is named like a credential has one: names other than CREDENTIAL's are vague."""
    return not stands_in(value) if CREDENTIAL.search(name) else bool(NAMED.search(name)) and is_credential(name, value)


def has_password(value: str) -> bool:
    """Whether a value is an address with a password that is not one of those of everybody's own machine."""
    words = [word for _, word in ADDRESS.findall(value) if word.lower() not in credential_files.USUAL]
    return any(is_credential("password", word) for word in words)


def assignments(text: str) -> list[tuple[str, str]]:
    """The names and values of an env file; none if the text has any line that is not NAME=VALUE."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [ASSIGNMENT.fullmatch(line.strip()) for line in lines]
    return [(match[1], match[2]) for match in found if match] if all(found) else []


def settings_in(value: Any) -> Iterator[tuple[str, str]]:
    """The containers' variables and the generators' literals in a YAML document, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from settings_in(item)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        listed = [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []
        if key == "env":
            yield from ((str(item.get("name", "")), str(item.get("value") or "")) for item in listed)
        if key == CONFIG_GENERATOR:
            literals = [str(text) for item in listed for text in item.get("literals") or []]
            yield from ((name, given) for name, _, given in (text.partition("=") for text in literals))
        yield from settings_in(inner)


def is_filled_secret(text: str) -> bool:
    """Whether a text (YAML or JSON) contains a Secret with values, or looks so if it does not parse."""
    if not SECRET_KIND.search(text) and GENERATOR not in text:
        return False
    try:
        return any(holds_secret(document) for document in documents(text))
    except (yaml.YAMLError, ValueError):
        return "data:" in text or "stringData:" in text or "literals:" in text


def holds_secret(value: Any) -> bool:
    """Whether a YAML value is or contains a Secret with values, or a generator of one, at any depth."""
    if isinstance(value, str):
        return "\n" in value and is_filled_secret(value)
    if isinstance(value, list):
        return any(holds_secret(item) for item in value)
    if not isinstance(value, dict):
        return False
    filled = value.get("kind") == "Secret" and (value.get("data") or value.get("stringData"))
    generated = value.get(GENERATOR) or []
    made = any(item.get(source) for item in generated if isinstance(item, dict) for source in SOURCES)
    return bool(filled or made or any(holds_secret(item) for item in value.values()))


def sealed_texts(versions: Versions) -> dict[str, str]:
    """Every SealedSecret in any version of any file, as a YAML document of its own, by location."""
    return {
        f"{path} ({identity[:10]})": yaml.safe_dump(document)
        for (identity, path), text in versions.items()
        if "SealedSecret" in text and not path.endswith(f": {COMMIT}")
        for document in parsed(text)
        if isinstance(document, dict) and document.get("kind") == "SealedSecret"
    }


def parsed(text: str) -> list[Any]:
    """The YAML documents of a text; none if it does not parse."""
    try:
        return documents(text)
    except (yaml.YAMLError, ValueError):
        return []
