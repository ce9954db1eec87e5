"""What production's pods need of its machines and get: volumes, labels, memory, and probes at known paths.

Source: 1.10, 3.5; the plan's 11.6, 14.2, 15.3 and 16.2. infrastructure/aws has the machines and the classes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kubernetes.utils import parse_quantity

from acceptance.base.labels import HOSTNAME
from acceptance.cluster.manifests import Manifest
from acceptance.cluster.namespace import PROXIES
from acceptance.cluster.workloads import pod_of
from acceptance.platform.applications import APPLICATIONS
from acceptance.platform.platform import Platform

RUN_PODS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
ONE_MACHINE = ("ReadWriteOnce", "ReadWriteOncePod")
"""The access modes that a disk of AWS has: it is attached to one machine."""
CLASSES = ("database", "redis", "gp3", "ingress")
"""The storage classes of infrastructure/aws (modules/k3s-cluster/cloud-init/storage.tf); the first two are outputs."""
LABELS = (
    "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region", "node.kubernetes.io/instance-type", "node-role.kubernetes.io/control-plane",
    "alternate-futures.dev/machine", "svccontroller.k3s.cattle.io/enablelb",
)  # fmt: skip
"""The labels of production's machines: the kubelet's, the cloud's, and those of infrastructure/aws."""
LEAST = {
    "auth-service": "1Gi",
    "backend-service": "1Gi",
    "frontend-service": "512Mi",
    "yb-tserver": "4Gi",
    "yb-master": "2Gi",
}
"""The memory that a workload's main container may use at least. Source: plan 14.2.7, 15.3.8, 16.2.5, 11.6.4, 11.6.5."""
CORES = {"yb-tserver": "2", "yb-master": "1"}
"""The same for cores, where nothing else judges them. Source: plan 11.6.4, 11.6.5."""
PROBED = {"auth-service": "/health", "backend-service": "/health", "frontend-service": "/"}
"""The path at which production may probe a service besides those that are probed here. Source: plan 14.2 to 16.2."""
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def without_disk(platform: Platform) -> list[str]:
    """Production's claims that no disk of its infrastructure could serve, in words."""
    classes = {*CLASSES, *(volume.storage_class for volume in platform.outputs.volumes.values())}
    objects = [item for name in (*APPLICATIONS, "traefik") for item in platform.rendering.production(name)]
    return unserved(objects, classes)


def unserved(objects: Iterable[Manifest], classes: Collection[str]) -> list[str]:
    """The claims among objects that disks of these classes could not serve. Raises AssertionError without any claim.

    A claim without a class gets the cluster's default one.
    """
    claims = [
        (f"{item['metadata']['name']}'s {claim['metadata']['name']}", claim["spec"])
        for item in objects
        for claim in (item["spec"].get("volumeClaimTemplates") or [] if item["kind"] == "StatefulSet" else [item])
        if item["kind"] in ("StatefulSet", "PersistentVolumeClaim")
    ]
    assert claims, "expected claims in what production renders, saw none"
    said = []
    for name, spec in claims:
        shared = [mode for mode in spec.get("accessModes") or [] if mode not in ONE_MACHINE]
        said += [f"{name} wants {', '.join(shared)}, which no disk has"] if shared else []
        wanted = spec.get("storageClassName")
        if wanted not in {None, *classes}:
            said.append(f"{name} wants the class {wanted}, not one of {sorted(classes)}")
    return said


def troubles(platform: Platform) -> list[str]:
    """What would keep production's pods from starting, from being ready or from their memory, in words."""
    said = []
    for name in APPLICATIONS:
        there = platform.rendering.production(name)
        said += [f"{name}: {text}" for text in homeless(there) + starved(there)]
        # Other systems than here, such as YugabyteDB, have paths of their own.
        if name in PROBED:
            known = {*paths(platform.render(name)), PROBED[name], platform.environment.services.auth_health_path}
            said += [f"{name}: {text}" for text in strangely_probed(there, known)]
    return said


def pods(objects: Iterable[Manifest]) -> list[tuple[str, dict[str, Any]]]:
    """The specs of the pods that objects would start, with the names of these objects."""
    return [(item["metadata"]["name"], pod_of(item)["spec"]) for item in objects if item["kind"] in RUN_PODS]


def paths(objects: Iterable[Manifest]) -> set[str]:
    """The paths at which pods are probed."""
    return {path for _, spec in pods(objects) for part in spec["containers"] for path in probed_at(part)}


def probed_at(container: Mapping[str, Any]) -> list[str]:
    """The paths that a container's probes request, without a query."""
    asked = [(container.get(probe) or {}).get("httpGet") for probe in PROBES]
    return [str(one.get("path", "/")).partition("?")[0] for one in asked if one]


def strangely_probed(objects: Iterable[Manifest], known: Collection[str]) -> list[str]:
    """The containers that are probed at a path which is not known, in words."""
    return [
        f"{part['name']} of {name} is probed at {path}, not at one of {sorted(known)}"
        for name, spec in pods(objects)
        for part in spec["containers"]
        for path in dict.fromkeys(probed_at(part))
        if path not in known
    ]


def starved(objects: Iterable[Manifest]) -> list[str]:
    """The workloads whose main container may use less than the plan gives it, in words. No limit is enough."""
    said = []
    for name, spec in pods(objects):
        main = next((part for part in spec["containers"] if part["name"] not in PROXIES), spec["containers"][0])
        limits = (main.get("resources") or {}).get("limits") or {}
        for what, plan, key in (("of memory", LEAST, "memory"), ("cores", CORES, "cpu")):
            limit = limits.get(key)
            if name in plan and limit is not None and parse_quantity(str(limit)) < parse_quantity(plan[name]):
                said.append(f"{name} may use {limit} {what}, the plan gives it {plan[name]}")
    return said


def homeless(objects: Iterable[Manifest]) -> list[str]:
    """The workloads whose pods require a label of machines that production's do not have, in words.

    A name of a machine is none to require either: machines are replaced.
    """
    said = []
    for name, spec in pods(objects):
        wanted = keys_of(spec)
        said += [f"{name} requires machines with the label {key}" for key in sorted(wanted) if key not in LABELS]
        named = named_machines(spec)
        said += [f"{name} requires the machine {', '.join(named)}"] if named else []
    return said


def named_machines(spec: Mapping[str, Any]) -> list[str]:
    """The machines of which a pod requires one by its name; none if it could run elsewhere."""
    chosen = (spec.get("nodeSelector") or {}).get(HOSTNAME)
    by_term = [
        [
            value
            for item in term.get("matchExpressions") or []
            if (item["key"], item["operator"]) == (HOSTNAME, "In")
            for value in item["values"]
        ]
        for term in terms_of(spec)
    ]
    others = [value for term in by_term for value in term] if all(by_term) else []
    return [*([chosen] if chosen else []), *others]


def terms_of(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The terms of a node affinity of which a pod requires one."""
    found = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    return list((found.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or [])


def keys_of(spec: Mapping[str, Any]) -> set[str]:
    """The labels of machines that a pod requires, or by which it is spread."""
    affinity = spec.get("affinity") or {}
    spread = [rule for rule in spec.get("topologySpreadConstraints") or [] if must(rule)]
    found = {*(spec.get("nodeSelector") or {}), *(rule["topologyKey"] for rule in spread)}
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = (affinity.get(kind) or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or []
        found |= {rule["topologyKey"] for rule in rules}
    terms = [
        {
            item["key"]
            for item in term.get("matchExpressions") or []
            if item["operator"] not in ("NotIn", "DoesNotExist")
        }
        for term in terms_of(spec)
    ]
    # One of them is enough.
    return found | min(terms, key=lambda keys: len(keys - {*LABELS}), default=set())


def must(rule: Mapping[str, Any]) -> bool:
    """Whether a spread constraint keeps a pod waiting that would violate it."""
    return bool(rule.get("whenUnsatisfiable", "DoNotSchedule") == "DoNotSchedule")
