"""Pods of the probe image (images/probe), in which scenarios run their commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Probe:
    """Makes pods of the probe image."""

    image: str
    """The image's reference, from the environment file."""

    def container(self, *command: str, **extra: Any) -> dict[str, Any]:
        """A container that runs a command of the probe, or serves HTTP. `extra` overrides fields of the container."""
        return {
            "name": "probe",
            "image": self.image,
            "args": list(command or ("serve",)),
            "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
            "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}, "limits": {"memory": "64Mi"}},
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            **extra,
        }

    def pod(self, name: str, *command: str, **spec: Any) -> dict[str, Any]:
        """A pod with one such container. `spec` extends the pod's spec; its `container` overrides the container's."""
        container = self.container(*command, **spec.pop("container", {}))
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": pod_spec(container, **spec),
        }


def pod_spec(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """The spec of a pod with probe containers. It mounts no API token: the probe does not call the API."""
    return {
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": list(containers),
        **spec,
    }
