"""Where Traefik's only pod may run, and whether another one starts when its machine is lost. Source: 4.1.

Production's load balancer leads to workers alone, and finds nothing where the pod is on a control plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acceptance.cluster.cluster import Cluster
from acceptance.cluster.manifests import Manifest
from acceptance.drivers.ingress.traefik_options import running_specs
from acceptance.drivers.workloads import replicas
from acceptance.drivers.workloads.production_pods import homeless, keys_of, terms_of
from acceptance.platform.authority import NAMESPACE
from acceptance.platform.platform import Platform

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
"""The label of control planes, and the taint that keeps pods away from them."""
WORKERS = "svccontroller.k3s.cattle.io/enablelb"
"""A label that only production's workers have."""


def troubles(platform: Platform) -> list[str]:
    """Why Traefik may run where no client is led to, or nowhere, here and in production, in words."""
    cluster = platform.cluster
    here: Any = cluster.api.sanitize_for_serialization(cluster.apps.read_namespaced_deployment("traefik", NAMESPACE))
    (there,) = [item for item in platform.rendering.production(NAMESPACE) if item["kind"] == "Deployment"]
    kept = replicas.never_replaced(here) or replicas.left_on_lost(platform, here)
    said = kept + misplaced(here) + on_control_planes(cluster)
    judged = replicas.never_replaced(there) + misplaced(there) + homeless([there])
    return said + [f"in production {text}" for text in judged]


def misplaced(deployment: Manifest) -> list[str]:
    """Why pods of a Deployment may come to a control plane, or only to one machine, in words."""
    spec = deployment["spec"]["template"]["spec"]
    said = [f"Traefik runs on the machine {spec['nodeName']} alone"] if spec.get("nodeName") else []
    if any(goes_there(item) for item in spec.get("tolerations") or []) and not stays_away(spec):
        said.append(f"Traefik may run on control planes (it tolerates {CONTROL_PLANE})")
    return said


def goes_there(toleration: Mapping[str, Any]) -> bool:
    """Whether a toleration is for the taint of control planes, which has no value."""
    is_named = toleration.get("key") in (None, "", CONTROL_PLANE)
    has_effect = toleration.get("effect") in (None, "", "NoSchedule")
    return is_named and has_effect and (toleration.get("operator") == "Exists" or not toleration.get("value"))


def stays_away(spec: Mapping[str, Any]) -> bool:
    """Whether a pod requires machines that are no control planes, whatever it tolerates."""
    terms = terms_of(spec)
    shut_out = [
        any(
            item["key"] == CONTROL_PLANE and item["operator"] == "DoesNotExist"
            for item in term.get("matchExpressions") or []
        )
        for term in terms
    ]
    return WORKERS in keys_of(spec) or (bool(terms) and all(shut_out))


def on_control_planes(cluster: Cluster) -> list[str]:
    """The pods of Traefik that run on a control plane although there are workers, in words."""
    nodes = {node.metadata.name: CONTROL_PLANE in (node.metadata.labels or {}) for node in cluster.nodes()}
    places = {pod: spec.get("nodeName", "") for pod, spec in running_specs(cluster).items()}
    if all(nodes.values()):
        return []
    return [f"the pod {pod} runs on the control plane {node}" for pod, node in places.items() if nodes.get(node)]
