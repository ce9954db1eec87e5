"""What one control plane lacks of what the others run."""

from types import SimpleNamespace as Thing

from acceptance.drivers.control_planes import missing_components


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
