"""A Traefik that may run where nobody is led to, or that stays on a lost machine, is found."""

import copy
from types import SimpleNamespace as Thing

import pytest
import yaml

from acceptance.base.paths import ROOT
from acceptance.drivers.ingress import traefik_machines
from acceptance.drivers.ingress.traefik_machines import CONTROL_PLANE, WORKERS, misplaced

BASE = yaml.safe_load((ROOT / "k8s" / "traefik" / "base" / "deployment.yaml").read_text())
LOST = "node.kubernetes.io/unreachable"


def required(*terms):
    """A required node affinity."""
    found = [{"matchExpressions": [{"key": key, "operator": how}]} for key, how in terms]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": found}}}


def traefik(**spec):
    """Traefik's Deployment with more in its pods' spec."""
    made = copy.deepcopy(BASE)
    made["metadata"]["namespace"] = "traefik"
    made["spec"]["template"]["spec"].update(spec)
    return made


ANY = [{"operator": "Exists"}]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, ""),
        ({"tolerations": ANY}, "may run on control planes"),
        ({"tolerations": [{"key": CONTROL_PLANE, "operator": "Exists", "effect": "NoSchedule"}]}, "control planes"),
        ({"tolerations": [{"key": CONTROL_PLANE}]}, "control planes"),
        ({"tolerations": [{"key": CONTROL_PLANE, "operator": "Equal", "value": "true"}]}, ""),
        ({"tolerations": [{"key": CONTROL_PLANE, "operator": "Exists", "effect": "NoExecute"}]}, ""),
        ({"tolerations": [{"key": "for", "operator": "Equal", "value": "ingress"}]}, ""),
        ({"tolerations": ANY, "affinity": required((CONTROL_PLANE, "DoesNotExist"))}, ""),
        ({"tolerations": ANY, "affinity": required((CONTROL_PLANE, "DoesNotExist"), ("a", "Exists"))}, "control"),
        ({"tolerations": ANY, "nodeSelector": {WORKERS: "true"}}, ""),
        ({"tolerations": ANY, "nodeSelector": {"kubernetes.io/os": "linux"}}, "control planes"),
        ({"nodeName": "worker-1"}, "the machine worker-1 alone"),
    ],
)
def test_where_traefik_may_run(spec, said):
    found = "; ".join(misplaced(traefik(**spec)))
    assert said in found and bool(found) is bool(said)


def platform(here, there, nodes=(("worker", {}), ("master", {CONTROL_PLANE: ""})), waits=()):
    """A platform with a Traefik here and in production."""
    pod = {"metadata": {"name": "traefik-1"}, "spec": {"tolerations": list(waits)}}
    machines = [Thing(metadata=Thing(name=name, labels=labels)) for name, labels in nodes]
    cluster = Thing(
        api=Thing(sanitize_for_serialization=lambda item: item),
        apps=Thing(read_namespaced_deployment=lambda *_: here),
        core=Thing(list_namespaced_pod=lambda *_, **__: Thing(items=[pod])),
        nodes=lambda: machines,
    )
    return Thing(cluster=cluster, rendering=Thing(production=lambda _: [{"kind": "Service"}, there]))


STAYS = {"key": LOST, "operator": "Exists", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("here", "there", "waits", "said"),
    [
        ({}, {}, [], []),
        ({"tolerations": [STAYS]}, {}, [], [f"the Deployment traefik does not replace pods of a lost machine ({LOST}"]),
        ({}, {"tolerations": [STAYS]}, [], ["in production the Deployment traefik does not replace"]),
        ({}, {}, [{**STAYS, "tolerationSeconds": 86400}], ["the pod traefik-1 is not replaced"]),
        ({}, {}, [{**STAYS, "tolerationSeconds": 300}], []),
        ({}, {"nodeSelector": {"kubernetes.io/hostname": "ip-10-0-0-1"}}, [], ["in production traefik requires the"]),
    ],
)
def test_here_and_production_are_both_read(monkeypatch, here, there, waits, said):
    monkeypatch.setattr(traefik_machines, "running_specs", lambda _: {"traefik-1": {"nodeName": "worker"}})
    found = traefik_machines.troubles(platform(traefik(**here), traefik(**there), waits=waits))
    assert len(found) == len(said)
    assert all(one.startswith(text.partition(" (")[0]) for text, one in zip(said, found, strict=True)), found


@pytest.mark.parametrize(
    ("node", "nodes", "is_told"),
    [
        ("worker", {"worker": {}, "master": {CONTROL_PLANE: ""}}, False),
        ("master", {"worker": None, "master": {CONTROL_PLANE: ""}}, True),
        # Where every machine is a control plane, there is no other.
        ("master", {"master": {CONTROL_PLANE: ""}}, False),
    ],
)
def test_a_pod_on_a_control_plane_is_told(monkeypatch, node, nodes, is_told):
    monkeypatch.setattr(traefik_machines, "running_specs", lambda _: {"traefik-1": {"nodeName": node}})
    machines = [Thing(metadata=Thing(name=name, labels=labels)) for name, labels in nodes.items()]
    assert bool(traefik_machines.on_control_planes(Thing(nodes=lambda: machines))) is is_told
