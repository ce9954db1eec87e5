"""Whether some machine has room for the new pod that a restart starts beside the old ones. Source: 5.8, 14.4.

Running pods keep their place even if their template requests more by now; a new one stays pending without room.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kubernetes import client, utils

from acceptance.base.conditions import is_ready, share_of
from acceptance.base.labels import SCENARIO_LABEL
from acceptance.cluster.cluster import Cluster
from acceptance.cluster.namespace import of_scenario
from acceptance.drivers.workloads.dry_runs import refused_restarts
from acceptance.drivers.workloads.liveness_probes import UPSTREAM, WATCHED
from acceptance.drivers.workloads.pod_spread import KEEPS_OUT
from acceptance.drivers.workloads.quotas import amount, no_room

RESOURCES = ("cpu", "memory")


def restarts_blocked(cluster: Cluster, namespace: str) -> list[str]:
    """What would block the new pods of a restart of a namespace's workloads, in words: quotas, machines, admission."""
    return no_room(cluster, namespace) + no_machine(cluster, namespace) + refused_restarts(cluster, namespace)


def blocked_anywhere(cluster: Cluster) -> list[str]:
    """What would block new pods of workloads in any namespace but scenarios', in words: quotas, limits, admission."""
    places = own_namespaces(cluster)
    found = [f"{text} in {name}" for name in places for text in no_room(cluster, name)]
    return found + refused_restarts(cluster, *places)


def own_namespaces(cluster: Cluster) -> list[str]:
    """The namespaces in which workloads are judged: all but scenarios'.

    An attached cluster has namespaces of other people's; only those of the platform's parts are judged there.
    """
    items = [item for item in cluster.core.list_namespace().items if not of_scenario(item.metadata.labels)]
    names = [str(item.metadata.name) for item in items if not item.metadata.deletion_timestamp]
    return [name for name in names if name in (*WATCHED, *UPSTREAM)] if cluster.is_attached else names


def no_machine(cluster: Cluster, namespace: str) -> list[str]:
    """The Deployments of a namespace for whose new pod no machine has room, in words.

    Attached clusters are left out: their autoscaler adds machines. So are Deployments that stop an old pod first.
    """
    if cluster.is_attached:
        return []
    listed = cluster.apps.list_namespaced_deployment(namespace, label_selector=f"!{SCENARIO_LABEL}").items
    free = left(cluster.core.list_node().items, cluster.core.list_pod_for_all_namespaces().items)
    return [
        f"no machine that takes pods of {item.metadata.name} has room for a new one, which requests {told(asked)}"
        for item in listed
        if item.spec.replicas and not stops_first(item)
        for asked in [requests(item.spec.template.spec)]
        if not any(takes(node, item.spec.template.spec) and fits(asked, room) for node, room in free)
    ]


def left(nodes: list[client.V1Node], pods: list[client.V1Pod]) -> list[tuple[client.V1Node, dict[str, Decimal]]]:
    """The ready machines that take pods, with the cores and bytes that no pod requests; scenarios' pods go again."""
    stay = [pod for pod in pods if pod.status.phase not in ("Succeeded", "Failed") and not goes(pod)]
    found = []
    for node in nodes:
        if node.spec.unschedulable or not is_ready(node):
            continue
        taken = [requests(pod.spec) for pod in stay if pod.spec.node_name == node.metadata.name]
        has = {name: Decimal(utils.parse_quantity(node.status.allocatable[name])) for name in RESOURCES}
        found.append((node, {name: has[name] - sum(one[name] for one in taken) for name in RESOURCES}))
    return found


def goes(pod: client.V1Pod) -> bool:
    """Whether a pod is terminating or a scenario's."""
    mine = of_scenario(pod.metadata.labels) or pod.metadata.namespace.startswith("scenario")
    return mine or pod.metadata.deletion_timestamp is not None


def requests(spec: client.V1PodSpec) -> dict[str, Decimal]:
    """The cores and bytes that a pod's containers request together."""
    none = Decimal(0)
    return {name: sum((amount(part, "requests", name) or none for part in spec.containers), none) for name in RESOURCES}


def fits(asked: dict[str, Decimal], room: dict[str, Decimal]) -> bool:
    """Whether what a pod requests is left on a machine."""
    return all(asked[name] <= room[name] for name in RESOURCES)


def takes(node: client.V1Node, spec: client.V1PodSpec) -> bool:
    """Whether a machine has the labels that a pod selects, and no taint that the pod does not tolerate."""
    labels = node.metadata.labels or {}
    if not (spec.node_selector or {}).items() <= labels.items():
        return False
    taints = [taint for taint in node.spec.taints or [] if taint.effect in KEEPS_OUT]
    return all(any(tolerates(one, taint) for one in spec.tolerations or []) for taint in taints)


def tolerates(toleration: Any, taint: Any) -> bool:
    """Whether a toleration is for a taint."""
    same = toleration.key in (None, "", taint.key) and toleration.effect in (None, "", taint.effect)
    return same and (toleration.operator == "Exists" or (toleration.value or "") == (taint.value or ""))


def stops_first(deployment: client.V1Deployment) -> bool:
    """Whether a Deployment may stop an old pod before a new one is ready, which makes room; a share rounds down."""
    strategy = deployment.spec.strategy
    rolling = getattr(strategy, "rolling_update", None)
    if strategy is None or strategy.type == "Recreate":
        return strategy is not None
    return bool(share_of(getattr(rolling, "max_unavailable", None) or 0, deployment.spec.replicas))


def told(asked: dict[str, Decimal]) -> str:
    """What a pod requests, in words."""
    return f"{asked['cpu'].normalize():f} cores and {int(asked['memory']) >> 20} MiB"
