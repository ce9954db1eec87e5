"""What may reduce a service's replicas: its Deployment, autoscalers, or owners. Source: 8.1, 9.1, 10.1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kubernetes import client

from acceptance.cluster.manifests import Manifest
from acceptance.platform.platform import Platform

AUTOSCALER = "HorizontalPodAutoscaler"


def ways_below(platform: Platform, name: str, count: int, namespace: str = "default") -> list[str]:
    """What may run fewer than `count` replicas of a service, in words, here and as production renders it.

    Raises ApiException if the user may not list autoscalers.
    """
    cluster = platform.cluster
    deployment = cluster.apps.read_namespaced_deployment(name, namespace)
    scalers = client.AutoscalingV2Api(cluster.api).list_namespaced_horizontal_pod_autoscaler(namespace).items
    plain: Any = cluster.api.sanitize_for_serialization([deployment, *scalers])
    here = below(plain[0], plain[1:], count)
    rendered = platform.rendering.production(name)
    found = [item for item in rendered if item["kind"] == "Deployment" and item["metadata"]["name"] == name]
    scaling = [item for item in rendered if item["kind"] == AUTOSCALER]
    there = [text for item in found for text in below(item, scaling, count)] if found else [f"no Deployment {name}"]
    return here + [f"in production {text}" for text in there]


def below(deployment: Manifest, scalers: Iterable[Manifest], count: int) -> list[str]:
    """What may run fewer than `count` replicas of a Deployment: itself, its autoscalers, or its owners."""
    name = deployment["metadata"]["name"]
    wanted = deployment["spec"].get("replicas", 1)
    found = [f"the Deployment {name} has {wanted} replicas"] if wanted < count else []
    owners = deployment["metadata"].get("ownerReferences") or []
    found += [f"the Deployment {name} is managed by the {item['kind']} {item['name']}" for item in owners]
    for scaler in scalers:
        # Kubernetes' default is one.
        least = scaler["spec"].get("minReplicas", 1)
        if scales(scaler["spec"]["scaleTargetRef"], name) and least < count:
            found.append(f"the autoscaler {scaler['metadata']['name']} may scale down to {least} replicas of {name}")
    return found


def scales(target: dict[str, Any], name: str) -> bool:
    """Whether an autoscaler's target is a Deployment, or a ReplicaSet named after it."""
    kind, called = target["kind"], target["name"]
    return (kind, called) == ("Deployment", name) or (kind == "ReplicaSet" and called.startswith(f"{name}-"))
