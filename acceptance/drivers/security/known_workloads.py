"""Which pods and workloads in the services' namespace are those of the manifests, by kind and name. Source: plan 27.3.

A label is what somebody wrote on an object; policies let its pods through all the same.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable

from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import Namespace, of_scenario
from acceptance.cluster.workloads import objects_of
from acceptance.drivers.secrets.secret_use import KINDS
from acceptance.drivers.security.policy_peers import starts_pods
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

BETWEEN = ("ReplicaSet", "Job")
"""The kinds between a workload of the manifests and its pods: a Deployment's and a CronJob's."""
Name = tuple[str, str]
"""Kind and name of an object."""


@functools.cache
def known(platform: Platform) -> frozenset[Name]:
    """The workloads that the Applications' manifests have here, hooks included."""
    found = (item for name in APPLICATIONS for item in platform.render(name))
    return frozenset(called(item) for item in found if item["kind"] in KINDS and starts_pods(item))


def called(item: Manifest) -> Name:
    """Kind and name of an object, or how its name begins where the API completes it."""
    about = item["metadata"]
    return item["kind"], about.get("name") or about.get("generateName", "")


def owner(item: Manifest) -> Name | None:
    """Kind and name of an object's controller; None without one."""
    owners = item["metadata"].get("ownerReferences") or []
    return next(((one["kind"], one["name"]) for one in owners if one.get("controller")), None)


def is_known(name: Name, names: Collection[Name]) -> bool:
    """Whether an object is one of these; a hook's name may only say how it begins."""
    return name in names or any(begins[1].endswith("-") and own(name, begins) for begins in names)


def own(name: Name, begins: Name) -> bool:
    """Whether an object has a kind, and a name that begins like this."""
    return name[0] == begins[0] and name[1].startswith(begins[1])


def unknown_workloads(workloads: Iterable[Manifest], names: Collection[Name]) -> list[str]:
    """The workloads among objects that no manifest has, whatever their labels say, in words."""
    found = [item for item in workloads if starts_pods(item)]
    return sorted(" ".join(called(item)) for item in found if not is_known(owner(item) or called(item), names))


def pods_of_others(namespace: Namespace, names: Collection[Name]) -> list[str]:
    """The pods in the services' namespace that no workload of the manifests started, without scenarios' own.

    A pod whose owner is gone goes, too.
    """
    pods = [item for item in objects_of(namespace.cluster, namespace.name, ("Pod",)) if not mine(item)]
    between = {called(item): owner(item) for item in objects_of(namespace.cluster, namespace.name, BETWEEN)}
    return sorted(item["metadata"]["name"] for item in pods if not is_of_a_known(item, between, names))


def mine(item: Manifest) -> bool:
    """Whether an object is a scenario's."""
    return of_scenario(item["metadata"].get("labels"))


def is_of_a_known(pod: Manifest, between: dict[Name, Name | None], names: Collection[Name]) -> bool:
    """Whether a pod is a workload's of the manifests, directly or through one of the objects `between`."""
    above = owner(pod) or called(pod)
    gone = above[0] in BETWEEN and above not in between
    return gone or is_known(between.get(above) or above, names)
