"""What a container logged before the kubelet rotated its log: the API's logs begin anew then (kubernetes #59902)."""

from __future__ import annotations

import re
from typing import Any

from acceptance.base.errors import UserError
from acceptance.cluster.cluster import Cluster

FILE = re.compile(r'href="(\d+\.log\.[\d-]+)"')
"""A rotated file in the kubelet's list that is not compressed yet: the last one."""


def rotated(cluster: Cluster, pod: Any) -> str:
    """What the containers of a pod logged last before a rotation, read from the kubelet; empty if there is none.

    Nothing either where the kubelet does not serve its files (`enableSystemLogHandler: false`).
    """
    meta = pod.metadata
    logs = f"/api/v1/nodes/{pod.spec.node_name}/proxy/logs/pods/{meta.namespace}_{meta.name}_{meta.uid}"
    try:
        folders = [f"{logs}/{container.name}" for container in pod.spec.containers]
        files = [f"{folder}/{name}" for folder in folders for name in FILE.findall(raw(cluster, f"{folder}/"))]
        return "".join(messages(raw(cluster, file)) for file in files)
    except UserError:
        return ""


def messages(text: str) -> str:
    """What was logged, without what the runtime writes before each line: time, stream, and F or, if it goes on, P."""
    parts = (line.split(" ", 3) for line in text.splitlines())
    return "".join(part[3] + ("\n" if part[2] == "F" else "") for part in parts if len(part) == 4)


def raw(cluster: Cluster, path: str) -> str:
    """The API server's answer to a path. Raises UserError if it refuses."""
    return cluster.kubectl("get", "--raw", path)
