"""What one control plane lacks of what the others run, and who would be lost with one of them."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers import control_planes
from acceptance.drivers.control_planes import missing_components
from acceptance.infrastructure.contract import Machine


def pod(component, node, ready="True"):
    return Thing(
        metadata=Thing(name=f"{component}-{node}", labels={"component": component}, deletion_timestamp=None),
        spec=Thing(node_name=node),
        status=Thing(phase="Running", conditions=[Thing(type="Ready", status=ready)]),
    )


def test_what_is_missing_or_not_ready_on_one_machine_is_named():
    pods = [pod("etcd", "a"), pod("etcd", "b"), pod("kube-scheduler", "a"), pod("kube-scheduler", "b", "False")]
    assert missing_components(pods, ["a", "b"]) == ["kube-scheduler on b"]
    assert missing_components(pods[:3], ["a", "b"]) == ["kube-scheduler on b"]
    assert missing_components(pods[:2], ["a", "b"]) == []


def test_a_cluster_that_runs_none_of_it_as_pods_lacks_nothing():
    assert missing_components([], ["a", "b"]) == []


def machine(name, address):
    return Machine(name=name, address=address)


SERVERS = [machine("one", "10.0.0.1"), machine("two", "10.0.0.2"), machine("three", "10.0.0.3")]
WORKER = machine("worker", "10.0.0.9")


def told(host, file="kubelet.conf"):
    return f"/etc/kubernetes/{file}:    server: https://{host}:6443\n"


@pytest.mark.parametrize(
    ("here", "said", "wrong"),
    [
        (WORKER, told("load-balancer"), []),
        (SERVERS[0], told("load-balancer") + told("10.0.0.1", "scheduler.conf"), []),
        (WORKER, told("two"), ["kubelet.conf of worker asks two alone"]),
        (WORKER, told("10.0.0.2"), ["kubelet.conf of worker asks two alone"]),
        (SERVERS[0], told("10.0.0.2", "scheduler.conf"), ["scheduler.conf of one asks two alone"]),
        (WORKER, "", ["nobody on worker says whom it asks"]),
    ],
)
def test_who_asks_one_control_plane_alone_is_lost_with_it(here, said, wrong):
    assert control_planes.ask_one_alone({here.name: said}, [here], SERVERS) == wrong


@pytest.mark.parametrize(
    ("urls", "count"),
    [
        ("https://127.0.0.1:2379", 0),
        ("https://10.0.0.2:2379", 0),
        ("https://10.0.0.1:2379,https://10.0.0.3:2379", 0),
        ("https://10.0.0.3:2379", 1),
        ("", 1),
    ],
)
def test_an_api_server_with_anothers_etcd_alone_is_lost_with_it(urls, count):
    assert len(control_planes.stores_elsewhere({"two": urls}, [SERVERS[1]])) == count


@pytest.mark.parametrize(
    ("members", "count"),
    [
        ([{"name": "one"}, {"name": "two"}, {"name": "three"}], 0),
        ([{"name": "one"}, {"name": "two"}, {"name": "three", "isLearner": True}], 1),
        ([{"name": "one"}, {"name": "two"}, {"name": "three"}, {"name": "gone"}], 1),
        ([{"name": "one"}, {"name": "two"}], 1),
    ],
)
def test_each_control_plane_has_a_vote_and_nobody_else(members, count):
    assert len(control_planes.wrong_members(json.dumps({"members": members}), SERVERS)) == count
