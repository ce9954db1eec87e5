"""Where pods get the values of a ConfigMap from. Source: 15.1."""

from __future__ import annotations

from collections.abc import Iterable

from kubernetes import client

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import main_container
from acceptance.drivers.argocd.sync_options import HASHED


def source_of(spec: client.V1PodSpec, key: str, config: str) -> str:
    """Where a pod's spec takes a variable from: `the ConfigMap NAME` if it is `config`, else the source in words."""
    container = main_container(spec)
    # `env` overrides `envFrom`; of two entries in `env`, the last one wins.
    for item in reversed(container.env or []):
        if item.name == key:
            reference = item.value_from and item.value_from.config_map_key_ref
            same = reference and (reference.name, reference.key) == (config, key)
            return f"the ConfigMap {config}" if same else "an entry of its own in env"
    named = [item.config_map_ref.name for item in container.env_from or [] if item.config_map_ref and not item.prefix]
    return f"the ConfigMap {config}" if config in named else "nowhere"


def called(spec: client.V1PodSpec, config: str) -> str:
    """The name of a ConfigMap in a pod's spec: `config`, or that with the hash that kustomize gives it."""
    container = main_container(spec)
    named = [item.config_map_ref.name for item in container.env_from or [] if item.config_map_ref]
    keys = [item.value_from.config_map_key_ref for item in container.env or [] if item.value_from]
    named += [item.name for item in keys if item]
    return next((name for name in named if HASHED.sub("", name) == config), config)


def values_of(cluster: Cluster, name: str, namespace: str) -> dict[str, str]:
    """The values of a ConfigMap. Raises AssertionError if it has none, or if it is immutable."""
    found = cluster.core.read_namespaced_config_map(name, namespace)
    assert found.data, f"expected values in the ConfigMap {name}, but it is empty"
    # One with a hash in its name is replaced by another.
    assert not found.immutable or HASHED.search(name), (
        f"expected the ConfigMap {name} to be changeable, but it is immutable"
    )
    return dict(found.data)


def elsewhere(specs: dict[str, client.V1PodSpec], keys: Iterable[str], config: str) -> dict[str, dict[str, str]]:
    """The keys of a ConfigMap that these specs take from elsewhere, with the source, by the specs' names."""
    wanted = f"the ConfigMap {config}"
    seen = {who: {key: source_of(spec, key, config) for key in keys} for who, spec in specs.items()}
    wrong = {who: {key: way for key, way in found.items() if way != wanted} for who, found in seen.items()}
    return {who: found for who, found in wrong.items() if found}
