"""Copies of a service whose URL of a dependency leads nowhere: one that is ready has the address elsewhere.

They run in the suite's own namespace, which has the services' credentials: no Secret of the platform's is made.
Source: 8.3, 8.4, 9.3.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from acceptance.base.labels import CLIENT
from acceptance.cluster.namespace import Namespace
from acceptance.drivers.services import isolated_copies
from acceptance.drivers.services.isolated_copies import AWAY
from acceptance.drivers.services.service import Service
from acceptance.drivers.workloads.pods import PLATFORM, delete_now

NOBODY = "127.0.0.1:9"
"""A host and port at which nothing listens in a copy's pod, so that connections are refused at once."""


def led_nowhere(url: str) -> str:
    """A URL with the same user, password and database, whose host is NOBODY."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{user}{at}{NOBODY}", parts.path, parts.query, parts.fragment))


def urls_of(service: Service) -> dict[str, str]:
    """The URLs of its dependencies that the process of one of a service's pods has, by variable."""
    seen = service.environment(service.running()[0])
    return {key: seen[key] for key in AWAY if seen.get(key)}


def copy_with(service: Service, urls: Mapping[str, str], name: str) -> dict[str, Any]:
    """A pod like the service's own with these URLs, which network policies admit as a client of the suite.

    It resolves the short names of the platform's namespace, as the service does.
    """
    cluster = service.namespace.cluster
    listed = cluster.core.list_namespaced_config_map(service.namespace.name).items
    configs = {item.metadata.name: dict(item.data or {}) for item in listed}
    template = cluster.api.sanitize_for_serialization(service.deployment().spec.template)
    pod = isolated_copies.copy_of(template, configs, name)
    pod["metadata"]["labels"] |= CLIENT
    pod["spec"]["dnsConfig"] = {"searches": [f"{PLATFORM}.svc.cluster.local"]}
    (container, *_) = pod["spec"]["containers"]
    others = [item for item in container["env"] if item["name"] not in urls]
    container["env"] = [*others, *(reference(key, name) for key in urls)]
    return pod


def reference(key: str, secret: str) -> dict[str, Any]:
    """A variable that comes from the key of its name in a Secret."""
    return {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def state_with(service: Service, namespace: Namespace, urls: Mapping[str, str]) -> str:
    """Whether a copy with these URLs becomes READY, or what is seen of it instead; it is gone afterwards."""
    name = f"{service.name}-{secrets.token_hex(3)}"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": dict(urls)}
    try:
        namespace.create(secret)
        namespace.create(copy_with(service, urls, name))
        return isolated_copies.wait_state(namespace, name)
    finally:
        delete_now(namespace, name)
        namespace.cluster.core.delete_namespaced_secret(name, namespace.name)


def states(service: Service, namespace: Namespace, key: str) -> tuple[str, str]:
    """The states of two copies, side by side: with the service's own URLs, and with that of `key` led nowhere."""
    urls = urls_of(service)
    assert urls.get(key), f"expected {key} in the process of {service.name}, saw none"
    tried = [urls, urls | {key: led_nowhere(urls[key])}]
    with ThreadPoolExecutor(len(tried)) as pool:
        good, nowhere = pool.map(lambda these: state_with(service, namespace, these), tried)
    return good, nowhere
