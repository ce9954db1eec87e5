"""A spread that counts cordoned machines leaves a pod pending, where there are as few machines as pods."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.workloads import pod_spread

RULE = {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
SAID = ["auth counts cordoned machines in its spread (nodeTaintsPolicy), so that a pod waits"]


def deployment(replicas, *rules, **metadata):
    template = {"spec": {"topologySpreadConstraints": list(rules)}}
    return {
        "kind": "Deployment",
        "metadata": {"name": "auth", **metadata},
        "spec": {"replicas": replicas, "template": template},
    }


@pytest.mark.parametrize(
    ("rule", "replicas", "machines", "found"),
    [
        ({**RULE, "nodeTaintsPolicy": "Honor"}, 2, 2, []),
        ({**RULE, "nodeTaintsPolicy": "Ignore"}, 2, 2, SAID),
        # Ignore is Kubernetes' default.
        (RULE, 2, 2, SAID),
        (RULE, 2, 3, []),
        (RULE, 3, 3, SAID),
        (RULE, 1, 2, []),
        (RULE, 2, 1, []),
        ({**RULE, "maxSkew": 2}, 2, 2, []),
        ({**RULE, "whenUnsatisfiable": "ScheduleAnyway"}, 2, 2, []),
        ({**RULE, "topologyKey": "topology.kubernetes.io/zone"}, 2, 2, []),
    ],
)
def test_a_spread_that_holds_up_a_pod(rule, replicas, machines, found):
    assert pod_spread.waiting([deployment(replicas, rule)], machines) == found


def test_other_namespaces_and_kinds_are_left_out():
    others = [deployment(2, RULE, namespace="argocd"), {"kind": "Service", "metadata": {"name": "auth"}, "spec": {}}]
    assert pod_spread.waiting([*others, deployment(2)], 2) == []


def test_machines_that_take_pods_are_counted():
    def node(*effects):
        return Thing(spec=Thing(taints=[Thing(effect=effect) for effect in effects] or None))

    nodes = [node("NoSchedule"), node("PreferNoSchedule"), node(), node("NoExecute")]
    assert pod_spread.taking_pods(nodes) == 2


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"matchLabels": {"app": "auth"}}, False),
        ({}, False),
        (None, False),
        ({"matchLabels": {"app": "backend"}}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["auth"]}]}, True),
    ],
)
def test_a_spread_of_others_pods_is_told(selector, told):
    rule = RULE | ({} if selector is None else {"labelSelector": selector})
    item = deployment(2, rule)
    item["spec"]["template"]["metadata"] = {"labels": {"app": "auth"}}
    assert bool(pod_spread.counting_others([item])) is told
    rule["whenUnsatisfiable"] = "ScheduleAnyway"
    assert pod_spread.counting_others([item]) == []
