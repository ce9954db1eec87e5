"""A copy of the backend with its own ConfigMap. Source: 15.2."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from kubernetes.client import ApiException

from acceptance.drivers.services.configmap_use import named
from acceptance.drivers.services.copies import Copy, copy_of
from acceptance.drivers.services.service import Service

KEY = "AUTH_SERVICE_URL"
LINK = {"AUTH_SERVICE_SERVICE_HOST": "192.0.2.1"}
"""What Kubernetes tells each pod of auth's address when the pod starts (service links), with nobody's (RFC 5737).

It does not change with the Service, so whoever calls auth by its name does not use it. Source: 11.1.
"""


@dataclass(frozen=True)
class ConfiguredCopy:
    """The copy, and the name of its ConfigMap."""

    copy: Copy
    config: str

    def set(self, value: str) -> None:
        """Change the ConfigMap."""
        core, place = self.copy.namespace.cluster.core, self.copy.namespace.name
        core.patch_namespaced_config_map(self.config, place, {"data": {KEY: value}})


def path_behind(end: str, path: str) -> str:
    """The path that a backend calls whose AUTH_SERVICE_URL ends with `end`: that of the URL, then auth's own."""
    return end.rstrip("/") + path


@contextlib.contextmanager
def copy_with_config(service: Service, config: str) -> Iterator[ConfiguredCopy]:
    """A copy of a service with its own copy of the service's ConfigMap, and with LINK, until the end of the block.

    Raises AssertionError if the ConfigMap does not name the auth service.
    """
    core, place = service.namespace.cluster.core, service.namespace.name
    config = named(service.deployment().spec.template.spec, config)
    name = f"{config}-{secrets.token_hex(3)}"
    data = dict(core.read_namespaced_config_map(config, place).data or {})
    assert data.get(KEY), (
        f"expected {KEY} in the ConfigMap {place}/{config}, saw none. Try: kubectl -n {place} get configmap {config} "
        "-o yaml"
    )
    core.create_namespaced_config_map(place, {"metadata": {"name": name}, "data": data})
    try:
        with copy_of(service, {**LINK}, configs={config: name}) as copy:
            yield ConfiguredCopy(copy, name)
    finally:
        with contextlib.suppress(ApiException):
            core.delete_namespaced_config_map(name, place)
