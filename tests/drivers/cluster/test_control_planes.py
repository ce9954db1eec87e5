"""What a control plane lacks that others run, what depends on a single one, and where DNS runs."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster import control_planes
from acceptance.drivers.cluster.control_planes import (
    all_led_to_common_address,
    dns_is_spread,
    missing_components,
    peers,
)
from acceptance.infrastructure.contract import Machine


def pod(component, node, ready="True"):
    return Thing(
        metadata=Thing(name=f"{component}-{node}", labels={"component": component}, deletion_timestamp=None),
        spec=Thing(node_name=node),
        status=Thing(
            phase="Running",
            conditions=[Thing(type="Ready", status=ready, message="")],
            init_container_statuses=None,
            container_statuses=None,
        ),
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


API, MANAGER = "kube-apiserver", "kube-controller-manager"


@pytest.mark.parametrize(
    ("component", "settings", "said"),
    [
        (
            MANAGER,
            {"controllers": "*,-endpointslice-controller"},
            "--controllers of kube-controller-manager: {'one': 'not",
        ),
        (API, {"request-timeout": "1s"}, "'two': '1s'"),
        (API, {"bind-address": "10.0.0.2", "node-name": "two"}, ""),
        (API, {"bind-address": "10.0.0.20"}, "'two': '10.0.0.20'"),
        (API, {"etcd-servers": "https://127.0.0.1:2379"}, ""),
        (API, {"advertise-address": "10.0.0.2"}, ""),
    ],
)
def test_a_control_plane_that_is_set_up_otherwise_is_told(component, settings, said):
    def started(server):
        return {API: {"bind-address": server.address, "node-name": server.name}, MANAGER: {"profiling": "false"}}

    seen = {server.name: started(server) for server in SERVERS}
    assert control_planes.unlike(seen, SERVERS) == []
    seen["two"][component] |= settings
    found = control_planes.unlike(seen, SERVERS)
    assert said in "".join(found) and bool(found) is bool(said)


def test_who_runs_all_in_one_process_is_not_compared():
    assert control_planes.unlike({server.name: {} for server in SERVERS}, SERVERS) == []


LISTED = """\
0      0         172.30.0.7:41234      172.30.0.2:6443  users:(("kubelet",pid=411,fd=13))
0      0         172.30.0.7:41236      172.30.0.2:6443  users:(("kube-proxy",pid=812,fd=9))
0      0      [::ffff:172.30.0.7]:5  [::ffff:172.30.0.2]:6443
"""
"""What a worker's `ss` lists: 172.30.0.2 is the load balancer of the API."""
OWN = LISTED.replace("172.30.0.2", "172.30.0.3")


def test_who_is_connected_to_what():
    assert peers(LISTED) == {"kubelet": {"172.30.0.2"}, "kube-proxy": {"172.30.0.2"}, "somebody": {"172.30.0.2"}}
    assert peers("") == {}


def cluster(**listed):
    """A control plane at 172.30.0.3, another at .4, and a worker."""
    seen = {"one": LISTED, "two": LISTED, "worker": LISTED, **listed}
    outputs = Thing(
        control_planes=[Thing(name="one", address="172.30.0.3"), Thing(name="two", address="172.30.0.4")],
        workers=[Thing(name="worker", address="172.30.0.7")],
    )
    return Thing(outputs=outputs, on_node=lambda name, *_: seen[name])


def test_a_control_plane_may_know_its_own_api():
    assert {*all_led_to_common_address(cluster(one=OWN))} == {"one", "two", "worker"}


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({"worker": OWN}, "kube-proxy of worker at one, kubelet of worker at one"),
        ({"two": OWN}, "kubelet of two at one"),
        ({"worker": LISTED.replace("172.30.0.2:6443  users:((\"kube-proxy", "172.30.0.4:6443  users:((\"kube-proxy")},
         "kube-proxy of worker at two"),
        ({"worker": ""}, "a kubelet connected to the API's port 6443 on every machine, saw none on ['worker']"),
    ],
)  # fmt: skip
def test_whoever_knows_another_machines_api_alone_is_told(listed, said):
    with pytest.raises(AssertionError) as error:
        all_led_to_common_address(cluster(**listed))
    assert said in str(error.value)


def test_dns_has_to_be_on_two_machines():
    def found(*pods):
        return dns_is_spread(Thing(core=Thing(list_namespaced_pod=lambda *_, **__: Thing(items=list(pods)))))

    assert found(pod("coredns", "a"), pod("coredns", "b")) == {"coredns-a": "a", "coredns-b": "b"}
    for pods in ([], [pod("coredns", "a")], [pod("coredns", "a"), pod("coredns", "b", "False")]):
        with pytest.raises(AssertionError, match="DNS servers that are Ready on two machines"):
            found(*pods)


@pytest.mark.parametrize(
    ("seconds", "is_slow"), [({}, False), ({"kube-scheduler": 15}, False), ({"kube-scheduler": 600}, True)]
)
def test_a_scheduler_for_which_nobody_takes_over_is_told(seconds, is_slow):
    leases = [
        Thing(metadata=Thing(name=name), spec=Thing(lease_duration_seconds=lasts))
        for name, lasts in {**seconds, "apiserver-abc": 3600}.items()
    ]
    cluster = Thing(coordination=Thing(list_namespaced_lease=lambda _: Thing(items=leases)))
    assert bool(control_planes.slow_to_take_over(cluster)) is is_slow


@pytest.mark.parametrize(
    ("words", "fstype", "said"),
    [
        (["etcd", "--data-dir=/var/lib/etcd", "--election-timeout=1000"], "ext4", 0),
        (["etcd", "--data-dir=/var/lib/etcd", "--unsafe-no-fsync=true"], "ext4", 1),
        (["etcd", "--data-dir=/var/lib/etcd", "--unsafe-no-fsync=True"], "ext4", 1),
        (["etcd", "--data-dir=/var/lib/etcd", "--unsafe-no-fsync=false"], "ext4", 0),
        (["etcd", "--data-dir=/var/lib/etcd", "--election-timeout=50000"], "tmpfs", 2),
        (["k3s", "server"], "ext4", 0),
    ],
)
def test_a_store_that_does_not_outlive_its_machine_is_told(words, fstype, said):
    def on_node(_node, program, *arguments, **_):
        if program == "df":
            return f"Type\n{fstype if arguments[-1] == '/var/lib/etcd' else 'ext4'}\n"
        return "\t".join(words) + "\n"

    machine = Machine(name="first", address="10.0.0.1")
    cluster = Thing(on_node=on_node, outputs=Thing(control_planes=[machine]))
    assert len(control_planes.frail_stores(cluster)) == said
