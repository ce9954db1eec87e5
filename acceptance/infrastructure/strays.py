"""What a platform on kind leaves behind without a label: by its names, and in kubeconfigs. Source: 1.12."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import yaml

from acceptance.base.infrastructure_settings import KindSettings
from acceptance.base.labels import PLATFORM_LABEL
from acceptance.base.paths import ROOT, STATE
from acceptance.base.yaml_text import document
from acceptance.clients.docker import docker
from acceptance.images.registry import REGISTRY_NAME, REGISTRY_VOLUME
from acceptance.infrastructure.contract import Infrastructure

SHARED = (REGISTRY_NAME, REGISTRY_VOLUME, "alternate-futures-bench", "alternate-futures-test")
"""Names that begin like a platform's, and are no platform's: the registry outlives them."""
KINDS = ("volume", "network")
LARGEST = 1 << 20
"""Bytes of a file that is read: kubeconfigs have some kilobytes."""
TOFU = "tofu"
"""The folder of OpenTofu's own data in a state's folder."""
ENCRYPTION = "EncryptionConfiguration"
"""The kind of the API server's file that has the keys of Secrets."""
OWN = PLATFORM_LABEL.partition("/")[0] + "/"
"""How the suite's labels begin: what has one is found by it, or is a lock that a run holds."""


def strays(infrastructure: Infrastructure) -> dict[str, list[str]]:
    """The volumes and networks named after a platform that have no label, and its credentials in files.

    These are its contexts in kubeconfigs of the user and in its state's folder, and copies of its encryption key there.

    Only kind has any. Those of other platforms, whose names may begin alike, are left alone. Empty lists are left out.
    """
    if not isinstance(infrastructure.environment.infrastructure, KindSettings):
        return {}
    name, others = infrastructure.name, other_platforms(infrastructure.name)
    form = "{{.Name}}\t{{.Labels}}"
    found = {f"{kind}s": unlabelled(docker(kind, "ls", "--format", form), name, others) for kind in KINDS}
    own = [infrastructure.folder / "kubeconfig", *keys_of(infrastructure.folder)]
    files = [path for path in dict.fromkeys([*users_kubeconfigs(), *kept_in(infrastructure.folder)]) if path not in own]
    found["kubeconfigs"] = [str(path) for path in files if knows(path, f"kind-{name}")]
    found["keys"] = [str(path) for path in kept_in(infrastructure.folder) if path not in own and has_keys(path)]
    return {kind: names for kind, names in found.items() if names}


def unlabelled(listed: str, name: str, others: Iterable[str]) -> list[str]:
    """The objects in a list (a name, a tab and labels per line) that begin with a platform's name, and have no label.

    `others`: names of other platforms, and of what no platform owns.
    """
    known = [other for other in others if other != name and not name.startswith(f"{other}-")]
    lines = [line.partition("\t") for line in listed.splitlines()]
    return sorted(
        text
        for text, _, labels in lines
        if text.startswith(f"{name}-")
        and OWN not in labels
        and not any(text == other or text.startswith(f"{other}-") for other in known)
    )


def other_platforms(name: str) -> set[str]:
    """Names of platforms that may exist on this machine, by their labels, states and environment files, and SHARED."""
    labels = "".join(docker(kind, "ls", "--format", "{{.Labels}}") + "\n" for kind in KINDS)
    words = [part.partition("=") for line in labels.splitlines() for part in line.split(",")]
    kept = [path.name for path in STATE.iterdir() if path.is_dir()] if STATE.is_dir() else []
    files = [path.stem for path in (ROOT / "environments").glob("*.toml")]
    found = {value for key, _, value in words if key == PLATFORM_LABEL}
    return {*found, *SHARED, *(f"alternate-futures-{text}" for text in (*kept, *files))} - {name}


def users_kubeconfigs() -> list[Path]:
    """The files of this machine that may be kubeconfigs: $KUBECONFIG's, and each in the user's folder for them."""
    named = [Path(text).expanduser() for text in os.environ.get("KUBECONFIG", "").split(os.pathsep) if text]
    home = Path("~/.kube").expanduser()
    there = [path for path in sorted(home.iterdir()) if is_small(path)] if home.is_dir() else []
    return [path for path in dict.fromkeys([*named, *there]) if path.is_file()]


def is_small(path: Path) -> bool:
    """Whether a path is a file that may be read for a kubeconfig or a key: no larger than LARGEST."""
    return path.is_file() and path.stat().st_size <= LARGEST


def kept_in(folder: Path) -> list[Path]:
    """The small files in a state's folder, without those of OpenTofu's providers."""
    if not folder.is_dir():
        return []
    places = [folder, *(path for path in sorted(folder.iterdir()) if path.is_dir() and path.name != TOFU)]
    return [path for place in places for path in sorted(place.iterdir()) if is_small(path)]


def keys_of(folder: Path) -> list[Path]:
    """Where the suite itself keeps the key that encrypts Secrets: `leftovers` tells of it."""
    return [*(folder / "api-server").glob("*")]


def has_keys(path: Path) -> bool:
    """Whether a file configures the encryption of Secrets, with its keys; one that cannot be read does not."""
    try:
        return ENCRYPTION in path.read_text()
    except (OSError, ValueError):
        return False


def knows(path: Path, context: str) -> bool:
    """Whether a kubeconfig has a context, cluster or user of this name; one that cannot be read has none."""
    try:
        found = document(path.read_text()) or {}
    except (OSError, ValueError, yaml.YAMLError):
        return False
    lists = (found.get(key) or [] for key in ("contexts", "clusters", "users")) if isinstance(found, dict) else ()
    return any(isinstance(item, dict) and item.get("name") == context for listed in lists for item in listed)
