"""When a cluster has settled."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.cluster.cluster import Cluster


def test_a_job_of_the_clusters_own_that_is_done_is_not_waited_for():
    def pod(name, phase, ready):
        conditions = [Thing(type="Ready", status=str(ready), reason=None, message=None)]
        status = Thing(phase=phase, conditions=conditions, container_statuses=[], init_container_statuses=[])
        return Thing(metadata=Thing(name=name, namespace="kube-system", deletion_timestamp=None), status=status)

    pods = [pod("helm-install-aws-ebs-csi-driver-x", "Succeeded", False), pod("coredns-x", "Running", True)]
    core = Thing(list_pod_for_all_namespaces=lambda **_: Thing(items=pods))
    assert Cluster.system_ready(Thing(core=core))
    pods.append(pod("metrics-server-x", "Running", False))
    with pytest.raises(AssertionError, match="metrics-server-x"):
        Cluster.system_ready(Thing(core=core))
