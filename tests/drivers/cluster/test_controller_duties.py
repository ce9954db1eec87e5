"""Flags with which a controller manager does nothing, or too little, for a machine that joins or returns."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import controller_duties
from acceptance.drivers.cluster.controller_duties import in_words
from acceptance.infrastructure.contract import Machine


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({}, ""),
        ({"allocate-node-cidrs": "true", "controllers": "*,bootstrapsigner,tokencleaner"}, ""),
        ({"allocate-node-cidrs": "false"}, "gives new machines no addresses"),
        ({"controllers": "deployment,replicaset"}, "gives new machines no addresses"),
        ({"controllers": "deployment,nodeipam"}, ""),
        ({"controllers": "*,-node-ipam-controller"}, "does not run node-ipam-controller"),
        ({"controllers": "*,-disruption,-service"}, "does not run disruption ("),
        ({"controllers": "*,-service,-cloud-node-lifecycle-controller"}, ""),
        ({"cluster-signing-duration": "1h"}, "issues certificates for 3600 s"),
        ({"cluster-signing-duration": "24h0m0s"}, "issues certificates for 86400 s"),
        ({"cluster-signing-duration": "72h"}, ""),
    ],
)
def test_what_it_neglects_is_told(flags, told):
    said = "; ".join(in_words(flags, have_addresses=True))
    assert told in said and bool(said) is bool(told)


def test_addresses_are_not_its_duty_where_others_give_them():
    assert in_words({"allocate-node-cidrs": "false"}, have_addresses=False) == []


def test_each_control_plane_is_asked_unless_it_is_somebody_elses():
    lines = {"one": "", "two": "--allocate-node-cidrs=false"}
    nodes = [Thing(metadata=Thing(name=name, annotations={}), spec=Thing(pod_cidr="10.0.0.0/24")) for name in lines]
    cluster = Thing(
        nodes=lambda: nodes, is_attached=False,
        outputs=Thing(control_planes=[Machine(name=name, address="10.0.0.1") for name in lines]),
        on_node=lambda name, *_: f"/bin/kube-controller-manager\t{lines[name]}\n",
    )  # fmt: skip
    (found,) = controller_duties.neglected(cluster)
    assert found.startswith("kube-controller-manager of two gives new machines no addresses")
    cluster.is_attached = True
    assert controller_duties.neglected(cluster) == []
