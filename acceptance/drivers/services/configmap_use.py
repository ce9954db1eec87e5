"""Where pods get the values of a ConfigMap from. Source: 15.1."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from kubernetes import client
from kubernetes.client import ApiException

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import main_container
from acceptance.drivers.argocd.sync_options import HASHED

CONFIG_MAP = "ConfigMap"
Keys = Callable[[str, str], Collection[str]]
"""The keys of a ConfigMap or Secret, by its kind and name."""


def sources(container: client.V1Container) -> Iterator[tuple[str, str, str]]:
    """Kind, name and prefix of what a container takes all keys of, the last one first: it overrides the others."""
    for item in reversed(container.env_from or []):
        for kind, reference in ((CONFIG_MAP, item.config_map_ref), ("Secret", item.secret_ref)):
            if reference:
                yield kind, str(reference.name), item.prefix or ""


def named(spec: client.V1PodSpec, config: str) -> str:
    """The name of a ConfigMap as a pod's spec has it, which may end with a hash of its content."""
    container = main_container(spec)
    references = [item.value_from.config_map_key_ref for item in container.env or [] if item.value_from]
    names = [name for kind, name, _ in sources(container) if kind == CONFIG_MAP]
    names += [str(reference.name) for reference in references if reference]
    return next((name for name in names if HASHED.sub("", name) == config), config)


def source_of(spec: client.V1PodSpec, key: str, config: str, keys_of: Keys) -> str:
    """Where a pod's spec takes a variable from: `the ConfigMap NAME` if it is `config`, else the source in words."""
    container = main_container(spec)
    # `env` overrides `envFrom`; of two entries in `env`, the last one wins.
    for item in reversed(container.env or []):
        if item.name == key:
            reference = item.value_from and item.value_from.config_map_key_ref
            same = reference and (reference.name, reference.key) == (config, key)
            return f"the ConfigMap {config}" if same else "an entry of its own in env"
    for kind, name, prefix in sources(container):
        is_own = (kind, name, prefix) == (CONFIG_MAP, config, "")
        if is_own or (key.startswith(prefix) and key.removeprefix(prefix) in keys_of(kind, name)):
            return f"the {kind} {name}"
    return "nowhere"


def keys_in(cluster: Cluster, namespace: str) -> Keys:
    """Reads the keys of a namespace's ConfigMaps and Secrets, each once; none of one that is missing."""
    read: dict[str, Callable[[str, str], Any]] = {
        CONFIG_MAP: cluster.core.read_namespaced_config_map, "Secret": cluster.core.read_namespaced_secret,
    }  # fmt: skip

    @functools.cache
    def keys_of(kind: str, name: str) -> Collection[str]:
        try:
            return {*(read[kind](name, namespace).data or {})}
        except ApiException as error:
            if error.status != 404:
                raise
            return set()

    return keys_of


def values_of(cluster: Cluster, name: str, namespace: str) -> dict[str, str]:
    """The values of a ConfigMap. Raises AssertionError if it has none, or is immutable without a hash in its name."""
    found = cluster.core.read_namespaced_config_map(name, namespace)
    assert found.data, f"expected values in the ConfigMap {name}, but it is empty"
    is_replaced = HASHED.search(name)
    assert is_replaced or not found.immutable, f"expected the ConfigMap {name} to be changeable, but it is immutable"
    return dict(found.data)


def elsewhere(
    specs: dict[str, client.V1PodSpec], keys: Iterable[str], config: str, keys_of: Keys
) -> dict[str, dict[str, str]]:
    """The keys of a ConfigMap that these specs take from elsewhere, with the source, by the specs' names."""
    wanted = f"the ConfigMap {config}"
    seen = {who: {key: source_of(spec, key, config, keys_of) for key in keys} for who, spec in specs.items()}
    wrong = {who: {key: way for key, way in found.items() if way != wanted} for who, found in seen.items()}
    return {who: found for who, found in wrong.items() if found}
