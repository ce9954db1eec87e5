"""Pods in system namespaces are recognised by their creator and by what they mount of the node."""

import datetime
import json
from types import SimpleNamespace

import pytest
from kubernetes import client

from acceptance.drivers.workloads import system_pods

CONFIG = {
    "nodePathMap": [{"node": "a", "paths": ["/opt/volumes"]}],
    "storageClassConfigs": {"redis": {"nodePathMap": [{"node": "a", "paths": ["/mnt/redis/"]}]}},
}
PATHS = {"local-path-storage": system_pods.folders(CONFIG)}


def pod(name, namespace="kube-system", owner=None, files=(), script=None, minutes=0, labels=None, **spec):
    volumes = [client.V1Volume(name="a", host_path=client.V1HostPathVolumeSource(path=path)) for path in files]
    if script:
        volumes.append(client.V1Volume(name="s", config_map=client.V1ConfigMapVolumeSource(name=script)))
    owners = [client.V1OwnerReference(api_version="v1", kind=owner[0], name=owner[1], uid="1")] if owner else None
    made = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes)
    metadata = client.V1ObjectMeta(
        name=name, namespace=namespace, owner_references=owners, creation_timestamp=made, labels=labels
    )
    context = spec.pop("context", None)
    containers = [client.V1Container(name="a", security_context=context)]
    return client.V1Pod(metadata=metadata, spec=client.V1PodSpec(containers=containers, volumes=volumes, **spec))


def helper(namespace="local-path-storage", files=("/opt/volumes/",), script="local-path-config", **other):
    return pod("helper-pod-create-pvc-1", namespace, files=files, script=script, **other)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (lambda: pod("node-debugger-1"), True),
        (lambda: pod("kube-proxy-1", owner=("DaemonSet", "kube-proxy")), False),
        (lambda: pod("etcd-1", owner=("Node", "one")), False),
        (lambda: helper(), False),
        (lambda: helper(files=("/mnt/redis",)), False),
        (lambda: helper(files=("/mnt/redis/shop/",)), False),
        (lambda: helper(files=("/",)), True),
        (lambda: helper(files=("/mnt/redis-2",)), True),
        (lambda: helper(files=("/opt/volumes", "/etc")), True),
        (lambda: helper(script=None), True),
        (lambda: helper(minutes=30), True),
        (lambda: helper(host_pid=True), True),
        (lambda: helper(namespace="kube-system"), True),
        (lambda: pod("helper-pod-create-pvc-1"), True),
        (lambda: pod("backend-1", "default"), False),
        (lambda: pod("probe", labels={"alternate-futures.dev/scenario": "true"}), False),
    ],
)
def test_a_pod_that_somebody_left_where_everything_is_admitted_is_told(found, told):
    assert bool(system_pods.left_behind([found()], PATHS)) is told


PRIVILEGED = client.V1SecurityContext(privileged=True)
CAPABLE = client.V1SecurityContext(capabilities=client.V1Capabilities(add=["SYS_ADMIN"]))
BINDS = client.V1SecurityContext(capabilities=client.V1Capabilities(add=["NET_BIND_SERVICE"]))


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (pod("a", owner=("DaemonSet", "agent"), files=["/"]), True),
        (pod("a", owner=("DaemonSet", "agent"), context=PRIVILEGED), True),
        (pod("a", owner=("ReplicaSet", "agent-5f6d"), context=CAPABLE), True),
        (pod("a", owner=("StatefulSet", "agent"), host_network=True), True),
        (pod("agent-one", owner=("Node", "one"), host_pid=True), True),
        (pod("a", owner=("DaemonSet", "agent")), False),
        (pod("a", "default", owner=("DaemonSet", "agent"), files=["/"]), False),
        (pod("a", owner=("ReplicaSet", "coredns-5f6d"), context=BINDS), False),
        (pod("a", owner=("DaemonSet", "kube-proxy"), context=PRIVILEGED), False),
        (pod("a", owner=("DaemonSet", "kube-proxy-2"), context=PRIVILEGED), True),
        (pod("a", owner=("DaemonSet", "svclb-traefik-0a1b2c3d"), context=PRIVILEGED), True),
        (pod("a", owner=("DaemonSet", "kindnet"), context=PRIVILEGED), True),
        (pod("a", owner=("Job", "helm-install-traefik"), host_network=True), True),
        (pod("kube-apiserver-one", owner=("Node", "one"), host_network=True), False),
    ],
)
def test_a_workload_with_a_nodes_rights_has_to_be_known(found, told):
    assert bool(system_pods.unknown_rulers([found])) is told


def test_the_provisioners_folders_are_read_from_its_settings():
    assert {"local-path-storage": {"/opt/volumes", "/mnt/redis"}} == PATHS
    metadata = SimpleNamespace(namespace="local-path-storage")
    item = SimpleNamespace(metadata=metadata, data={"config.json": json.dumps(CONFIG)})
    other = SimpleNamespace(metadata=SimpleNamespace(namespace="shop"), data={"config.json": "{}"})
    core = SimpleNamespace(list_config_map_for_all_namespaces=lambda **_: SimpleNamespace(items=[item, other]))
    assert system_pods.paths_of_volumes(SimpleNamespace(core=core)) == PATHS
