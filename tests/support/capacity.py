"""Production's workers, and where its pods can be scheduled."""

import re
from dataclasses import dataclass, field

import yaml
from aws_schema import INSTANCE_TYPES

# What runs besides the Applications: replicas, millicores and MiB. Argo CD asks for nothing; this is what it takes.
BESIDES = {
    "coredns": (1, 100, 70),
    "metrics-server": (1, 100, 70),
    "traefik": (1, 50, 64),
    "sealed-secrets": (1, 10, 32),
    "argocd": (4, 50, 256),
}


# On every worker: the EBS CSI driver's node pod, and servicelb's.
PER_NODE = (30 + 10, 3 * 40 + 16)


# Of a machine's memory this much is left to Linux.
VISIBLE = 0.96


@dataclass
class Node:
    """A worker: what is free on it, and which pods it runs."""

    zone: str
    cpu: float
    memory: float
    pods: list = field(default_factory=list)


@dataclass
class Pod:
    """What a pod requests, which pods it avoids, and where its volumes allow it.

    `apart` keeps pods of a kind to one per `hostname` or `zone`, `spread` has them evenly on nodes.
    """

    name: str
    app: str
    cpu: float
    memory: float
    apart: str | None = None
    spread: bool = False
    zones: frozenset | None = None


def cpu(text):
    """Millicores."""
    text = str(text)
    return float(text[:-1]) if text.endswith("m") else float(text) * 1000


def memory(text):
    """MiB."""
    number, unit = re.fullmatch(r"([0-9.]+)(Ki|Mi|Gi|)", str(text)).groups()
    return float(number) * {"Ki": 1 / 1024, "Mi": 1, "Gi": 1024, "": 1 / 1024**2}[unit]


def unquoted(value):
    """A value without the quotes that the parser leaves on it."""
    if isinstance(value, list):
        return [unquoted(item) for item in value]
    return value.strip('"') if isinstance(value, str) else value


def zones_of(claim, storage_class, storage):
    """The zones that a claim's volume allows, or None for all."""
    for found in storage:
        if found["kind"] == "PersistentVolume" and found["spec"]["claimRef"]["name"] == claim:
            terms = found["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
            return frozenset(terms[0]["matchExpressions"][0]["values"])
    for found in storage:
        if found["kind"] == "StorageClass" and found["metadata"]["name"] == storage_class:
            topologies = found.get("allowedTopologies")
            return frozenset(topologies[0]["matchLabelExpressions"][0]["values"]) if topologies else None
    raise AssertionError(f"no storage class {storage_class}, which {claim} asks for")


def topology(affinity):
    """The topology by which a pod avoids others of its kind: hostname or zone; None if it does not."""
    (term,) = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", [None])
    return term["topologyKey"].rpartition("/")[2] if term else None


def shunned(pod, node, nodes):
    """Whether a pod of the same kind is on the node, or in its zone, where this one keeps away from such."""
    near = {None: [], "hostname": [node], "zone": [other for other in nodes if other.zone == node.zone]}[pod.apart]
    return any(other.app == pod.app for one in near for other in one.pods)


def workers(kind, count, zones, user_data):
    """Empty workers with what the kubelet gives to pods."""
    arguments = yaml.safe_load(user_data["worker-1"]["/etc/rancher/k3s/config.yaml"])["kubelet-arg"]
    text = " ".join(arguments)
    reserved = [dict(part.split("=") for part in found.split(",")) for found in re.findall(r"-reserved=(\S+)", text)]
    evicted = memory(re.search(r"memory\.available<(\w+)", text).group(1))
    cpus, mebibytes = INSTANCE_TYPES[kind]
    free_cpu = cpus * 1000 - sum(cpu(item["cpu"]) for item in reserved) - PER_NODE[0]
    free_memory = mebibytes * VISIBLE - sum(memory(item["memory"]) for item in reserved) - evicted - PER_NODE[1]
    return [Node(zones[number % len(zones)], free_cpu, free_memory) for number in range(count)]


def place(waiting, nodes):
    """Names of the pods that cannot be scheduled; the largest come first, and go where most is free."""
    homeless = []
    # Those whom volumes or one another leave little choice come before those who fit anywhere.
    for pod in sorted(waiting, key=lambda pod: (pod.zones is None, not pod.apart, -pod.cpu, pod.name)):
        neighbours = {id(node): sum(other.app == pod.app for other in node.pods) for node in nodes}
        possible = [
            node
            for node in nodes
            if node.cpu >= pod.cpu
            and node.memory >= pod.memory
            and (pod.zones is None or node.zone in pod.zones)
            and not shunned(pod, node, nodes)
            and not (pod.spread and neighbours[id(node)] > min(neighbours.values()))
        ]
        if not possible:
            homeless.append(pod.name)
            continue
        home = max(possible, key=lambda node: node.cpu)
        home.cpu -= pod.cpu
        home.memory -= pod.memory
        home.pods.append(pod)
    return homeless
