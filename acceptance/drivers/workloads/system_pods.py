"""Pods in the system namespaces, where every pod is admitted: their creators, and which can control a node.

Source: plan 27.10. Names prove nothing: a pod created to inspect a machine may have any name.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from kubernetes import client

from acceptance.cluster.cluster import SYSTEM_NAMESPACES, Cluster
from acceptance.cluster.namespace import of_scenario

VOLUMES_MADE_WITHIN = datetime.timedelta(minutes=5)
"""Maximum age of a pod that creates or removes a volume's folder; the provisioner gives up after two minutes."""
PROVISIONER_CONFIG = "local-path-config"
RULES_NODES = {
    "DaemonSet": {
        "kube-proxy": "Services lead to pods by the node's rules",
        "kube-flannel-ds": "the network of pods",
        "kube-router": "network policies",
    },
    "Deployment": {"metrics-server": "it may ask kubelets from the node's network"},
    "Node": {r"(etcd|kube-apiserver|kube-controller-manager|kube-scheduler)-.*": "the control plane's own"},
}
"""Owners whose pods may control a node there, by kind and name pattern; static pods of a node by their own name.

Only those that a cluster of the suite's own has, which is on kind without kind's own network; attached ones are not
asked. On kind a pod with the name of K3s's or a cloud's own agents is somebody's.
"""


def paths_of_volumes(cluster: Cluster) -> dict[str, set[str]]:
    """The folders in which local-path-provisioner keeps volumes, by its namespace."""
    selector = f"metadata.name={PROVISIONER_CONFIG}"
    found = cluster.core.list_config_map_for_all_namespaces(field_selector=selector).items
    return {
        item.metadata.namespace: folders(json.loads((item.data or {}).get("config.json") or "{}"))
        for item in found
        if item.metadata.namespace in SYSTEM_NAMESPACES
    }


def folders(config: Any) -> set[str]:
    """All folders in the provisioner's settings, of every class."""
    if isinstance(config, list):
        return {path for item in config for path in folders(item)}
    if not isinstance(config, dict):
        return set()
    own = {str(path).rstrip("/") for path in config.get("paths") or []}
    return own | {path for value in config.values() for path in folders(value)}


def makes_volume(pod: client.V1Pod, paths: Mapping[str, set[str]]) -> bool:
    """Whether a pod is a helper of the provisioner that creates or removes a volume's folder, and ends in seconds.

    It is in the provisioner's namespace, has its script, and mounts only the volumes' folders of the node.
    """
    allowed = paths.get(pod.metadata.namespace, set())
    volumes = pod.spec.volumes or []
    of_node = {volume.host_path.path.rstrip("/") for volume in volumes if volume.host_path}
    scripts = {volume.config_map.name for volume in volumes if volume.config_map}
    age = datetime.datetime.now(datetime.UTC) - pod.metadata.creation_timestamp
    shares = pod.spec.host_network or pod.spec.host_pid or pod.spec.host_ipc
    own = bool(of_node) and all(any(path == top or path.startswith(f"{top}/") for top in allowed) for path in of_node)
    return own and PROVISIONER_CONFIG in scripts and not shares and age < VOLUMES_MADE_WITHIN


def rights_over_node(pod: client.V1Pod) -> list[str]:
    """What lets a pod control its node, in words."""
    spec = pod.spec
    shared = {"network": spec.host_network, "processes": spec.host_pid, "memory": spec.host_ipc}
    found = [f"the node's {name}" for name, value in shared.items() if value]
    found += [f"the node's {volume.host_path.path}" for volume in spec.volumes or [] if volume.host_path]
    for item in (*(spec.init_containers or []), *(spec.containers or [])):
        context = item.security_context
        added = ((context.capabilities and context.capabilities.add) or []) if context else []
        found += ["a privileged container"] if context and context.privileged else []
        found += [name for name in added if name in ("ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE")]
    return found


def owner_of(pod: client.V1Pod) -> tuple[str, str]:
    """Kind and name of a pod's owner: a Deployment for its ReplicaSets; for a static pod, Node and the pod's name."""
    owner = next(iter(pod.metadata.owner_references or []), None)
    if owner is None:
        return "", pod.metadata.name
    if owner.kind == "ReplicaSet":
        return "Deployment", owner.name.rpartition("-")[0]
    return owner.kind, pod.metadata.name if owner.kind == "Node" else owner.name


def is_known(pod: client.V1Pod) -> bool:
    """Whether a pod's owner may have pods that control a node."""
    kind, name = owner_of(pod)
    return any(re.fullmatch(pattern, name) for pattern in RULES_NODES.get(kind, {}))


def of_system(pods: Iterable[client.V1Pod]) -> list[client.V1Pod]:
    """The pods in the system namespaces, except scenarios'."""
    return [pod for pod in pods if pod.metadata.namespace in SYSTEM_NAMESPACES and not of_scenario(pod.metadata.labels)]


def left_behind(pods: Iterable[client.V1Pod], paths: Mapping[str, set[str]]) -> list[str]:
    """The pods there without an owner, such as one created to inspect a machine."""
    return [
        f"{pod.metadata.namespace}/{pod.metadata.name}"
        for pod in of_system(pods)
        if not (pod.metadata.owner_references or makes_volume(pod, paths))
    ]


def unknown_rulers(pods: Iterable[client.V1Pod]) -> list[str]:
    """The workloads there whose pods can control a node without need, in words."""
    found = {
        f"{' '.join(owner_of(pod))} in {pod.metadata.namespace} has {', '.join(rights)}"
        for pod in of_system(pods)
        if pod.metadata.owner_references and not is_known(pod) and (rights := rights_over_node(pod))
    }
    return sorted(found)
