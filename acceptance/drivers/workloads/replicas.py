"""What may change how many pods there are: Deployments, autoscalers, owners, tolerations.

Source: 3.6, 6.1, 7.3, 8.1, 9.1, 10.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kubernetes import client

from acceptance.clients.argocd import ArgoCD
from acceptance.cluster.manifests import Manifest
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

AUTOSCALER = "HorizontalPodAutoscaler"
SCALED = ("Deployment", "StatefulSet")
"""The kinds of workloads that have a number of pods."""
SILENT = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
"""The taints of a machine that is lost."""
STAYS_LOST = 600
"""Maximum seconds for which a pod of a lost machine may count as there; Kubernetes' default is 300."""


def ways_below(platform: Platform, name: str, count: int, namespace: str = "default") -> list[str]:
    """What may run fewer than `count` replicas of a service, in words, here and as production renders it.

    Raises ApiException if the user may not list autoscalers.
    """
    cluster = platform.cluster
    deployment = cluster.apps.read_namespaced_deployment(name, namespace)
    scalers = client.AutoscalingV2Api(cluster.api).list_namespaced_horizontal_pod_autoscaler(namespace).items
    plain: Any = cluster.api.sanitize_for_serialization([deployment, *scalers])
    here = below(plain[0], plain[1:], count) + (never_replaced(plain[0]) or left_on_lost(platform, plain[0]))
    rendered = platform.rendering.production(name)
    found = [item for item in rendered if item["kind"] == "Deployment" and item["metadata"]["name"] == name]
    scaling = [item for item in rendered if item["kind"] == AUTOSCALER]
    there = (
        [text for item in found for text in below(item, scaling, count) + never_replaced(item)]
        if found
        else [f"no Deployment {name}"]
    )
    return here + [f"in production {text}" for text in there]


def below(deployment: Manifest, scalers: Iterable[Manifest], count: int) -> list[str]:
    """What may run fewer than `count` replicas of a Deployment: itself, its autoscalers, or its owners.

    One that leaves the number to its autoscaler has as many as that says.
    """
    name, scalers = deployment["metadata"]["name"], [*scalers]
    is_scaled = any(scales(item["spec"]["scaleTargetRef"], name) for item in scalers)
    wanted = deployment["spec"].get("replicas", count if is_scaled else 1)
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


def never_replaced(deployment: Manifest) -> list[str]:
    """The tolerations by which a Deployment's pods on a lost machine are not replaced in time, in words.

    Pods without any get one for 300 s. A StatefulSet's pods wait for their machine in any case.
    """
    name = deployment["metadata"]["name"]
    given = (deployment["spec"].get("template") or {}).get("spec") or {}
    return [
        f"the Deployment {name} does not replace pods of a lost machine (it tolerates {taint})"
        for taint in SILENT
        if any(outlasts(item, taint) for item in given.get("tolerations") or [])
    ]


def left_on_lost(platform: Platform, deployment: Manifest) -> list[str]:
    """The pods of a Deployment that would stay on a lost machine for too long, in words.

    API servers give pods the tolerations that their template does not have, for as long as their flags say.
    """
    cluster, metadata = platform.cluster, deployment["metadata"]
    wanted = deployment["spec"].get("selector", {}).get("matchLabels") or {}
    selector = ",".join(f"{key}={value}" for key, value in wanted.items())
    pods = cluster.core.list_namespaced_pod(metadata["namespace"], label_selector=selector).items if selector else []
    plain: Any = cluster.api.sanitize_for_serialization(pods)
    return [
        f"the pod {pod['metadata']['name']} is not replaced when its machine is lost (it tolerates {taint})"
        for pod in plain
        for taint in SILENT
        if stays(pod["spec"].get("tolerations") or [], taint)
    ]


def stays(tolerations: Iterable[dict[str, Any]], taint: str) -> bool:
    """Whether a pod with these tolerations stays on a machine with this taint for more than STAYS_LOST.

    Of several that match, the shortest counts. Source: Kubernetes, getMinTolerationTime (tainteviction).
    """
    matching = [item for item in tolerations if matches(item, taint)]
    given = [item["tolerationSeconds"] for item in matching if item.get("tolerationSeconds") is not None]
    return bool(matching) and (not given or min(given) > STAYS_LOST)


def outlasts(toleration: dict[str, Any], taint: str) -> bool:
    """Whether a toleration keeps a pod on a machine with this taint, which has no value, for more than STAYS_LOST."""
    seconds = toleration.get("tolerationSeconds")
    return matches(toleration, taint) and (seconds is None or seconds > STAYS_LOST)


def matches(toleration: dict[str, Any], taint: str) -> bool:
    """Whether a toleration is for this taint, which has no value and evicts pods."""
    same = toleration.get("key") in (None, "", taint) and toleration.get("effect") in (None, "", "NoExecute")
    return same and (toleration.get("operator") == "Exists" or not toleration.get("value"))


def resized(platform: Platform, application: str, namespace: str = "default") -> list[str]:
    """The autoscalers that may change how many pods an Application's StatefulSets have, here and in production.

    Raises ApiException if the user may not list autoscalers, AssertionError if no StatefulSet is there.
    """
    cluster = platform.cluster
    names = {item["metadata"]["name"] for item in platform.render(application) if item["kind"] == "StatefulSet"}
    sets = cluster.apps.list_namespaced_stateful_set(namespace).items
    scalers = client.AutoscalingV2Api(cluster.api).list_namespaced_horizontal_pod_autoscaler(namespace).items
    here: Any = cluster.api.sanitize_for_serialization([item for item in sets if item.metadata.name in names])
    assert here, f"expected the StatefulSets {sorted(names)} of {application}, saw none of them"
    rendered = platform.rendering.production(application)
    there = [item for item in rendered if item["kind"] == "StatefulSet"]
    found = resizers(here, cluster.api.sanitize_for_serialization(scalers))
    return found + [
        f"in production {text}" for text in resizers(there, [item for item in rendered if item["kind"] == AUTOSCALER])
    ]


def against_git(platform: Platform, argocd: ArgoCD, namespace: str = "default") -> dict[str, str]:
    """The autoscalers of workloads whose number of pods Git names, too, in words, here and in production.

    Argo CD reverts what such an autoscaler does, so that pods come and go. Raises ApiException if the user may not list
    autoscalers.
    """
    listed = client.AutoscalingV2Api(platform.cluster.api).list_namespaced_horizontal_pod_autoscaler(namespace).items
    scalers: Any = platform.cluster.api.sanitize_for_serialization(listed)
    found: dict[str, str] = {}
    for name in APPLICATIONS:
        rendered = platform.rendering.production(name)
        there = [item for item in rendered if item["kind"] == AUTOSCALER]
        sources = {name: (argocd.manifests(name), scalers), f"production's {name}": (rendered, there)}
        found |= {where: told for where, both in sources.items() if (told := ", ".join(reverted(*both)))}
    return found


def reverted(manifests: Iterable[Manifest], scalers: Iterable[Manifest]) -> list[str]:
    """The autoscalers that may give a workload of these manifests another number of pods than they say, in words."""
    wanted = {
        (item["kind"], item["metadata"]["name"]): item["spec"]["replicas"]
        for item in manifests
        if item["kind"] in SCALED and "replicas" in item["spec"]
    }
    found = []
    for scaler in scalers:
        spec, target = scaler["spec"], scaler["spec"]["scaleTargetRef"]
        least, most, count = (
            spec.get("minReplicas", 1),
            spec["maxReplicas"],
            wanted.get((target["kind"], target["name"])),
        )
        if count is not None and not least == count == most:
            name = scaler["metadata"]["name"]
            found.append(f"the autoscaler {name} may run {least} to {most} pods of {target['name']}, Git says {count}")
    return found


def resizers(sets: Iterable[Manifest], scalers: Iterable[Manifest]) -> list[str]:
    """The autoscalers that may give one of these StatefulSets fewer or more pods than it has, in words."""
    wanted = {item["metadata"]["name"]: item["spec"].get("replicas", 1) for item in sets}
    found = []
    for scaler in scalers:
        spec, target = scaler["spec"], scaler["spec"]["scaleTargetRef"]
        least, most, count = spec.get("minReplicas", 1), spec["maxReplicas"], wanted.get(target["name"])
        if target["kind"] == "StatefulSet" and count is not None and not least == count == most:
            name = scaler["metadata"]["name"]
            found.append(f"the autoscaler {name} may run {least} to {most} pods of {target['name']}, not {count}")
    return found
