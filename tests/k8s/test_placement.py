"""Pods find a node when a service is scaled out, while a worker is cordoned, and as a rollout goes on.

Room is not looked at here (tests/roots/test_aws_capacity.py does): only what pods demand of one another.
Source: kube-scheduler's documentation of topology spread constraints and of inter-pod anti-affinity.
"""

import copy
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import hcl2
import pytest
from aws_tools import AWS
from built import tool, upstream_manifests
from tests_support import kustomized

from acceptance.base.environment import load_environment
from acceptance.cluster.rendering import Rendering
from acceptance.platform.deployed_tree import components_of

OTHERS = {"kind": ["database/overlays/kind-yugabytedb"], "production": []}
"""Kustomizations that an environment may deploy in the place of one of its own."""
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"


@dataclass(frozen=True)
class Node:
    """A node: its name, its zone, and the taints that repel pods."""

    name: str
    zone: str
    taints: tuple[str, ...] = ()

    def domain(self, key):
        """The value of a label that topologies are told by."""
        return {"kubernetes.io/hostname": self.name, "topology.kubernetes.io/zone": self.zone}[key]


def nodes_of(environment):
    """An environment's nodes, as many as its settings make."""
    if environment == "kind":
        settings = load_environment("kind").infrastructure
        servers, workers, zones = settings.control_planes, settings.workers, ["only"]
    else:
        with (AWS / "environments" / "production.tfvars").open() as file:
            found = hcl2.load(file)
        servers, workers = found["control_planes"], found["workers"]
        zones = [zone.strip('"') for zone in found["zones"]]
    return [
        *(Node(f"control-plane-{n}", zones[n % len(zones)], (CONTROL_PLANE,)) for n in range(servers)),
        *(Node(f"worker-{n}", zones[n % len(zones)]) for n in range(workers)),
    ]


def cordoned(nodes, name):
    """The nodes, one of which accepts no more pods."""
    return [Node(n.name, n.zone, (*n.taints, UNSCHEDULABLE)) if n.name == name else n for n in nodes]


def tolerates(spec, node):
    """Whether a pod tolerates all taints of a node."""
    keys = {item.get("key") for item in spec.get("tolerations") or []}
    return None in keys or set(node.taints) <= keys


def possible(spec, labels, nodes, placed):
    """The nodes where a pod may go. `placed`: labels and node of each pod that is there."""
    found = [node for node in nodes if tolerates(spec, node)]
    for rule in spec.get("topologySpreadConstraints") or []:
        if rule["whenUnsatisfiable"] == "DoNotSchedule":
            honours = rule.get("nodeTaintsPolicy", "Ignore") == "Honor"
            counted = [node for node in nodes if tolerates(spec, node) or not honours]
            wanted = rule["labelSelector"]["matchLabels"] | {
                key: labels[key] for key in rule.get("matchLabelKeys") or []
            }
            pods = Counter({node.domain(rule["topologyKey"]): 0 for node in counted})
            for other, node in placed:
                if wanted.items() <= other.items() and node.domain(rule["topologyKey"]) in pods:
                    pods[node.domain(rule["topologyKey"])] += 1
            least = min(pods.values())
            found = [node for node in found if pods[node.domain(rule["topologyKey"])] + 1 - least <= rule["maxSkew"]]
    terms = (spec.get("affinity") or {}).get("podAntiAffinity") or {}
    for term in terms.get("requiredDuringSchedulingIgnoredDuringExecution") or []:
        wanted, key = term["labelSelector"]["matchLabels"], term["topologyKey"]
        taken = {node.domain(key) for other, node in placed if wanted.items() <= other.items()}
        found = [node for node in found if node.domain(key) not in taken]
    return found


def put(workload, version, nodes, placed):
    """Place one more pod of a workload. Raises AssertionError if no node takes it."""
    template = workload["spec"]["template"]
    labels = {**template["metadata"]["labels"], "pod-template-hash": version}
    found = possible(template["spec"], labels, nodes, placed)
    assert found, f"{workload['metadata']['name']}: one pod stays Pending beside {[n.name for _, n in placed]}"
    placed.append((labels, min(found, key=lambda node: sum(other == node for _, other in placed))))


def share(value, replicas, rounded):
    """A number of pods, or a percentage of them."""
    return rounded(replicas * int(value[:-1]) / 100) if isinstance(value, str) else value


def roll_out(workload, nodes, placed):
    """Replace all pods as the Deployment's strategy says. Raises AssertionError if that never ends."""
    spec = workload["spec"]
    replicas, strategy = len(placed), spec.get("strategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    surge = share(rolling.get("maxSurge", "25%"), replicas, math.ceil)
    missing = share(rolling.get("maxUnavailable", "25%"), replicas, math.floor)
    if strategy.get("type") == "Recreate":
        surge, missing = 0, replicas
    old = list(placed)
    new = 0
    while old or new < replicas:
        if new < replicas and len(placed) < replicas + surge:
            put(workload, "new", nodes, placed)
            new += 1
        else:
            assert old and len(placed) > replicas - missing, f"{workload['metadata']['name']}: no pod may go or come"
            placed.remove(old.pop(0))


@pytest.fixture(scope="module", params=["kind", "production"])
def deployed(request, tmp_path_factory):
    """An environment's nodes, and its Deployments and StatefulSets by name."""
    environment = load_environment(request.param)
    tree = Rendering(environment, tmp_path_factory.mktemp(request.param) / "k8s", Path(tool("kubectl")))
    upstream_manifests()
    tree.write()
    objects = [item for name in components_of(environment) for item in tree.manifests(name)]
    objects += [item for folder in OTHERS[request.param] for item in kustomized(folder)]
    found = [item for item in objects if item["kind"] in ("Deployment", "StatefulSet")]
    # Where nothing is said it is one.
    return nodes_of(request.param), [item for item in found if item["spec"].get("replicas", 1)]


def start(workload, nodes, more=0):
    """The pods of a workload, placed."""
    placed = []
    for _ in range(workload["spec"].get("replicas", 1) + more):
        put(workload, "old", nodes, placed)
    return placed


def test_every_pod_finds_a_node(deployed):
    nodes, workloads = deployed
    assert {"auth-service", "yb-tserver", "redis"} <= {item["metadata"]["name"] for item in workloads}
    for workload in workloads:
        start(workload, nodes)


def test_a_service_scaled_out_runs_all_its_pods(deployed):
    nodes, workloads = deployed
    services = [item for item in workloads if item["metadata"]["name"].endswith("-service")]
    assert len(services) == 3
    for workload in services:
        for more in (1, 2, 3, 4):
            start(workload, nodes, more)


def test_a_rollout_ends_with_any_worker_cordoned(deployed):
    nodes, workloads = deployed
    for workload in workloads:
        if workload["kind"] != "Deployment":
            continue
        for worker in [node.name for node in nodes if not node.taints]:
            placed = start(workload, nodes)
            roll_out(workload, cordoned(nodes, worker), placed)


def test_a_drained_workers_pods_find_another(deployed):
    nodes, workloads = deployed
    for workload in workloads:
        if workload["kind"] == "StatefulSet":
            # Theirs wait for their volumes, and for the machine to be back.
            continue
        for worker in [node for node in nodes if not node.taints]:
            placed = start(workload, nodes)
            away = [pod for pod in placed if pod[1] == worker]
            for pod in away:
                placed.remove(pod)
                put(workload, "old", cordoned(nodes, worker.name), placed)


def test_a_node_that_takes_no_pods_is_not_counted(deployed):
    _, workloads = deployed
    rules = [
        rule for item in workloads for rule in item["spec"]["template"]["spec"].get("topologySpreadConstraints") or []
    ]
    assert rules
    for rule in rules:
        assert rule["whenUnsatisfiable"] == "ScheduleAnyway" or rule.get("nodeTaintsPolicy") == "Honor", rule


def test_this_sees_what_was_wrong_before(deployed):
    nodes, workloads = deployed
    (backend,) = [copy.deepcopy(item) for item in workloads if item["metadata"]["name"] == "backend-service"]
    (rule,) = backend["spec"]["template"]["spec"]["topologySpreadConstraints"]
    rule.pop("nodeTaintsPolicy")
    workers = sum(not node.taints for node in nodes)
    with pytest.raises(AssertionError, match="stays Pending"):
        start(backend, nodes, workers + 1 - backend["spec"]["replicas"])
