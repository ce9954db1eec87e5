"""Room for a restart's new pod on some machine: by what is requested, labels, taints and readiness."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.drivers.workloads import machine_room
from acceptance.drivers.workloads.machine_room import no_machine


def a_node(cpu="2", *, ready="True", labels=None, taint=None, unschedulable=None):
    taints = [Thing(key=taint, value=None, effect="NoSchedule")] if taint else None
    return Thing(
        metadata=Thing(name="worker", labels=labels or {}),
        spec=Thing(unschedulable=unschedulable, taints=taints),
        status=Thing(allocatable={"cpu": cpu, "memory": "4Gi"}, conditions=[Thing(type="Ready", status=ready)]),
    )


def a_spec(cpu, **more):
    part = Thing(resources=Thing(requests={"cpu": cpu, "memory": "96Mi"}, limits=None))
    return Thing(containers=[part], node_name="worker", **{"node_selector": None, "tolerations": None, **more})


def a_pod(cpu, *, namespace="default", phase="Running", going=None):
    metadata = Thing(labels={}, namespace=namespace, deletion_timestamp=going)
    return Thing(metadata=metadata, status=Thing(phase=phase), spec=a_spec(cpu))


def told(node, pods, cpu="1100m", unavailable=0, attached=False, **more):
    strategy = Thing(type="RollingUpdate", rolling_update=Thing(max_unavailable=unavailable))
    spec = Thing(replicas=2, strategy=strategy, template=Thing(spec=a_spec(cpu, **more)))
    items = lambda *found: lambda *_, **__: Thing(items=list(found))  # noqa: E731
    apps = Thing(list_namespaced_deployment=items(Thing(metadata=Thing(name="auth"), spec=spec)))
    core = Thing(list_node=items(node), list_pod_for_all_namespaces=items(*pods))
    return no_machine(Thing(is_attached=attached, apps=apps, core=core), "default")


@pytest.mark.parametrize(
    ("node", "pods", "settings", "is_told"),
    [
        (a_node(), [a_pod("1100m")], {}, True),
        (a_node(), [a_pod("900m")], {}, False),
        (a_node("4"), [a_pod("1100m")], {}, False),
        (a_node(), [a_pod("1100m", phase="Succeeded")], {}, False),
        (a_node(), [a_pod("1100m", going="now")], {}, False),
        (a_node(), [a_pod("1100m", namespace="scenario-1")], {}, False),
        (a_node(), [a_pod("1100m")], {"unavailable": 1}, False),
        (a_node(), [a_pod("1100m")], {"unavailable": "25%"}, True),
        (a_node(), [a_pod("1100m")], {"unavailable": "50%"}, False),
        (a_node(), [a_pod("1100m")], {"attached": True}, False),
        (a_node(ready="False"), [], {}, True),
        (a_node(unschedulable=True), [], {}, True),
        (a_node(taint="dedicated"), [], {}, True),
        (a_node(taint="dedicated"), [],
         {"tolerations": [Thing(key="dedicated", operator="Exists", value=None, effect=None)]}, False),
        (a_node(), [], {"node_selector": {"disk": "fast"}}, True),
        (a_node(labels={"disk": "fast"}), [], {"node_selector": {"disk": "fast"}}, False),
    ],
)  # fmt: skip
def test_a_deployment_without_room_for_a_new_pod_is_told(node, pods, settings, is_told):
    found = told(node, pods, **settings)
    assert found == (["no machine that takes pods of auth has room for a new one, "
                      "which requests 1.1 cores and 96 MiB"] if is_told else [])  # fmt: skip


@pytest.mark.parametrize(("attached", "asked"), [(False, ["argocd", "default", "shop"]), (True, ["argocd", "default"])])
def test_other_namespaces_are_asked_too(attached, asked, monkeypatch):
    seen = []
    monkeypatch.setattr(machine_room, "no_room", lambda _, name: [f"the quota of {name} is full"])
    monkeypatch.setattr(machine_room, "refused_restarts", lambda _, *names: seen.extend(names) or ["refused"])
    names = {"argocd": {}, "default": {}, "shop": {}, "scenario-0a1b2c": {SCENARIO_LABEL: "true"}}
    items = [Thing(metadata=Thing(name=name, labels=labels, deletion_timestamp=None)) for name, labels in names.items()]
    items.append(Thing(metadata=Thing(name="gone", labels={}, deletion_timestamp="2026-01-01")))
    cluster = Thing(is_attached=attached, core=Thing(list_namespace=lambda: Thing(items=items)))
    found = machine_room.blocked_anywhere(cluster)
    assert found == [*(f"the quota of {name} is full in {name}" for name in asked), "refused"] and seen == asked
