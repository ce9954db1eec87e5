"""Whether a namespace's quotas and limits leave room for one more pod of each of its workloads. Source: 5.8, 14.4.

A new quota or a lower limit does not affect running pods, but blocks new ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from kubernetes import client, utils

from acceptance.cluster.cluster import Cluster
from acceptance.drivers.workloads.liveness_probes import long_lived

COUNTED = ("pods", "count/pods")
"""A quota's names for the number of pods."""
ASKED = {
    name: (kind, resource)
    for resource in ("cpu", "memory")
    for kind, names in (("requests", (resource, f"requests.{resource}")), ("limits", (f"limits.{resource}",)))
    for name in names
}
"""A quota's names for the sums of containers' requests and limits."""
SCARCE = {"cpu": 1, "memory": 2**30}
"""Default limits below these, in cores and bytes, may be felt by who had none."""
SCOPES: dict[str, Callable[[client.V1Pod], bool]] = {
    "Terminating": lambda pod: pod.spec.active_deadline_seconds is not None,
    "NotTerminating": lambda pod: pod.spec.active_deadline_seconds is None,
    "BestEffort": lambda pod: pod.status.qos_class == "BestEffort",
    "NotBestEffort": lambda pod: pod.status.qos_class != "BestEffort",
}
"""The pods that a quota's scope counts. All other scopes concern priorities, which no pod of the platform has."""


def no_room(cluster: Cluster, namespace: str) -> list[str]:
    """The quotas and limits that would block new pods in a restart of a namespace's workloads, in words."""
    pods = long_lived(cluster.core.list_namespaced_pod(namespace).items)
    quotas = cluster.core.list_namespaced_resource_quota(namespace).items
    ranges = cluster.core.list_namespaced_limit_range(namespace).items
    return sorted({word for pod in pods for word in (*beyond_quota(pod, quotas), *beyond_limits(pod, ranges))})


def owner_of(pod: client.V1Pod) -> tuple[str, str]:
    """Kind and name of a pod's controller; without one, an empty kind and the pod's name."""
    owners = pod.metadata.owner_references or []
    return next(((item.kind, item.name) for item in owners if item.controller), ("", str(pod.metadata.name)))


def beyond_quota(pod: client.V1Pod, quotas: list[client.V1ResourceQuota]) -> Iterator[str]:
    """The quotas that would refuse a pod like this one: in addition to it, or for a StatefulSet in its place."""
    kind, name = owner_of(pod)
    # A Deployment starts the new pod before it stops the old one, as k8s/ configures it.
    times = 1 if kind == "ReplicaSet" else 0
    for quota in quotas:
        if not counts(quota, pod):
            continue
        status = quota.status
        for key, hard in ((status and status.hard) or {}).items():
            more = needed(pod, key)
            if more is None:
                continue
            used = utils.parse_quantity((status.used or {}).get(key, "0"))
            if used + times * more > utils.parse_quantity(hard):
                yield (
                    f"the quota {quota.metadata.name} has {hard} of {key}, {used} are used: "
                    f"too little for a new pod of {name}"
                )


def counts(quota: client.V1ResourceQuota, pod: client.V1Pod) -> bool:
    """Whether a quota counts a pod."""
    scopes = quota.spec.scopes or []
    return not quota.spec.scope_selector and all(name in SCOPES and SCOPES[name](pod) for name in scopes)


def needed(pod: client.V1Pod, key: str) -> Decimal | None:
    """What a pod uses of a quota's resource: cores, bytes or one pod; None for any other resource."""
    if key in COUNTED:
        return Decimal(1)
    if key not in ASKED:
        return None
    kind, resource = ASKED[key]
    return sum((amount(part, kind, resource) or Decimal(0) for part in pod.spec.containers), Decimal(0))


def amount(container: client.V1Container, kind: str, resource: str) -> Decimal | None:
    """A container's request or limit in cores or bytes, None if unset; a limit is the default of the request."""
    asked = container.resources
    found = (getattr(asked, kind, None) or {}).get(resource)
    if found is None and kind == "requests":
        found = (getattr(asked, "limits", None) or {}).get(resource)
    return None if found is None else Decimal(utils.parse_quantity(found))


def beyond_limits(pod: client.V1Pod, ranges: list[client.V1LimitRange]) -> Iterator[str]:
    """The limit ranges that a pod's containers violate, or whose defaults would limit a new one more, in words."""
    limits: list[tuple[str, Any]] = [
        (item.metadata.name, limit) for item in ranges for limit in item.spec.limits if limit.type == "Container"
    ]
    name = owner_of(pod)[1]
    for of_range, limit in limits:
        for part in pod.spec.containers:
            for resource in ("cpu", "memory"):
                most, least = (limit.max or {}).get(resource), (limit.min or {}).get(resource)
                has, asks = amount(part, "limits", resource), amount(part, "requests", resource)
                given = (limit.default or {}).get(resource)
                if given and has is None and utils.parse_quantity(given) < SCARCE[resource]:
                    yield f"the limit range {of_range} limits a new pod of {name} to {given} of {resource}: none is now"
                if most and max(has or 0, asks or 0) > utils.parse_quantity(most):
                    yield f"the limit range {of_range} allows {most} of {resource}: too little for a pod of {name}"
                if least and asks is not None and asks < utils.parse_quantity(least):
                    yield f"the limit range {of_range} requires {least} of {resource}: a pod of {name} requests less"
