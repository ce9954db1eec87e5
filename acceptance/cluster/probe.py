"""Pods of the probe image (images/probe), in which scenarios run their commands."""

from __future__ import annotations

from typing import Any

probe_image = ""
"""The probe's image; the environment's file says where it is."""


def use_probe(image: str) -> None:
    """From now on, the probe pods of scenarios run this image."""
    global probe_image
    probe_image = image


def probe_container(*command: str, **extra: Any) -> dict[str, Any]:
    """A container of the probe image (images/probe)."""
    return {
        "name": "probe",
        "image": probe_image,
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


def probe_pod(name: str, *command: str, **spec: Any) -> dict[str, Any]:
    """A pod of the probe image. `container` in `spec` changes the container."""
    container = probe_container(*command, **spec.pop("container", {}))
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": pod_spec(container, **spec),
    }


def pod_spec(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """The spec of a pod with probe containers. It holds no token of the API: the probe does not call it."""
    return {
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": list(containers),
        **spec,
    }
